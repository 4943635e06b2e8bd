#!/usr/bin/env python3
"""Keeps notes on system calls in a table of one's own.

usage: notes.py [--schema SCHEMA] DB_URL

SCHEMA has the native tables that "pe ingest" wrote. Their classes are made by
reflection. The table of notes refers to a call and adds a column of its own;
its class is a subclass of the call's, so a note is a call of which there is
more to say. This notes every call that failed, and prints the notes.
"""
import argparse

from sqlalchemy import (BigInteger, Column, ForeignKeyConstraint, MetaData, String, and_,
                        create_engine)
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session, foreign, relationship


def reflected(engine, schema):
    """The base of classes for the native tables, without those of partitions."""
    metadata = MetaData(schema=schema)
    metadata.reflect(engine, only=('executions', 'processes', 'syscalls'))
    return automap_base(metadata=metadata)


def make_classes(engine, schema):
    """Reflected classes, and that of notes."""
    base = reflected(engine, schema)

    class Process(base):
        __tablename__ = 'processes'

    class Syscall(base):
        __tablename__ = 'syscalls'
        # The foreign keys are the partitions', where reflection does not look.
        process = relationship(Process, viewonly=True, primaryjoin=lambda: and_(
            foreign(Syscall.execution_id) == Process.execution_id,
            foreign(Syscall.process_id) == Process.process_id))

    class Note(Syscall):
        __tablename__ = 'notes'
        execution_id = Column(BigInteger, primary_key=True)
        syscall_id = Column(BigInteger, primary_key=True)
        note = Column(String, nullable=False)
        __table_args__ = (ForeignKeyConstraint(
            [execution_id, syscall_id],
            [Syscall.__table__.c.execution_id, Syscall.__table__.c.syscall_id]),)

    base.prepare()
    return Syscall, Note


def note_failures(session, Syscall, Note):
    """Note every call that returned an error and has no note."""
    # A row of the own table only: that of the call is there.
    notes = Note.__table__
    failed = (session.query(Syscall.execution_id, Syscall.syscall_id, Syscall.retval)
              .filter(Syscall.retval.between(-4095, -1))
              .filter(~session.query(notes).filter(
                  notes.c.execution_id == Syscall.execution_id,
                  notes.c.syscall_id == Syscall.syscall_id).exists()))
    rows = [{'execution_id': execution_id, 'syscall_id': syscall_id,
             'note': 'failed with error %d' % -retval}
            for execution_id, syscall_id, retval in failed]
    if rows:
        session.execute(notes.insert(), rows)
    session.commit()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('db_url', metavar='DB_URL')
    parser.add_argument('--schema', default='pandelephant')
    options = parser.parse_args()

    engine = create_engine(options.db_url)
    Syscall, Note = make_classes(engine, options.schema)
    Note.__table__.create(engine, checkfirst=True)
    with Session(engine) as session:
        note_failures(session, Syscall, Note)
        for note in session.query(Note).order_by(Note.execution_id, Note.syscall_id):
            print(note.execution_id, note.process.pid, note.syscall_id, note.name, note.note)


if __name__ == '__main__':
    main()
