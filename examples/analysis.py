#!/usr/bin/env python3
"""Looks at an execution through SQLAlchemy's ORM.

usage: analysis.py [--generation 1|2] [--execution NAME] [--pid PID] DB_URL

DB_URL is a database with the tables of PANDelephant's ORM: one that
"pe ingest --orm GENERATION" has loaded a log into (postgresql://...), or the
file that "pe export" wrote (sqlite:///FILE.db), which is of generation 1.

Prints the executions; the processes of one of them with their threads and
names; how often each process made which call; and all calls of one process
with their arguments.
"""
import argparse
import enum
import sys

from sqlalchemy import (BigInteger, Column, Enum, ForeignKey, Integer, String, create_engine,
                        func)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Session, declarative_base, relationship


class ArgType(enum.Enum):
    """The labels of the type argtype."""
    STRING = 1
    POINTER = 2
    UNSIGNED_64 = 3
    SIGNED_64 = 4
    UNSIGNED_32 = 5
    SIGNED_32 = 6
    UNSIGNED_16 = 7
    SIGNED_16 = 8
    BYTES = 9


class Models:
    """Classes for the tables of one generation.

    What both have is here once.  In generation 2 most keys are uuids, and
    processes, mappings and calls tell more.
    """

    def __init__(self, generation):
        base = declarative_base()
        key = Integer if generation == 1 else UUID(as_uuid=True)

        class Execution(base):
            __tablename__ = 'executions'
            execution_id = Column(key, primary_key=True)
            name = Column(String, nullable=False, unique=True)
            description = Column(String)
            processes = relationship('Process', back_populates='execution',
                                     order_by='Process.process_id')

        class Process(base):
            __tablename__ = 'processes'
            process_id = Column(key, primary_key=True)
            execution_id = Column(key, ForeignKey('executions.execution_id'), nullable=False)
            pid = Column(BigInteger, nullable=False)
            ppid = Column(BigInteger)
            if generation == 2:
                create_time = Column(BigInteger, nullable=False)
            execution = relationship('Execution', back_populates='processes')
            threads = relationship('Thread', back_populates='process',
                                   order_by='Thread.thread_id')

        class Thread(base):
            __tablename__ = 'threads'
            thread_id = Column(key, primary_key=True)
            process_id = Column(key, ForeignKey('processes.process_id'), nullable=False)
            tid = Column(BigInteger)
            create_time = Column(BigInteger, nullable=False)
            process = relationship('Process', back_populates='threads')
            names = relationship('ThreadName', order_by='ThreadName.id')
            syscalls = relationship('Syscall', back_populates='thread')

        class ThreadName(base):
            __tablename__ = 'thread_names'
            id = Column(Integer, primary_key=True)
            thread_id = Column(key, ForeignKey('threads.thread_id'), nullable=False)
            name = Column(String)

        class Syscall(base):
            __tablename__ = 'syscalls'
            syscall_id = Column(key, primary_key=True)
            thread_id = Column(key, ForeignKey('threads.thread_id'), nullable=False)
            name = Column(String)
            execution_offset = Column(BigInteger, nullable=False)
            if generation == 2:
                retval = Column(BigInteger)
                pc = Column(BigInteger, nullable=False)
            thread = relationship('Thread', back_populates='syscalls')
            arguments = relationship('SyscallArgument', order_by='SyscallArgument.position')

        class SyscallArgument(base):
            __tablename__ = 'syscall_arguments'
            syscall_argument_id = Column(Integer, primary_key=True)
            syscall_id = Column(key, ForeignKey('syscalls.syscall_id'), nullable=False)
            name = Column(String)
            position = Column(Integer, nullable=False)
            argument_type = Column(Enum(ArgType))
            value = Column(String)

        self.Execution = Execution
        self.Process = Process
        self.Thread = Thread
        self.ThreadName = ThreadName
        self.Syscall = Syscall
        self.SyscallArgument = SyscallArgument


def process_line(process):
    """A process with its threads and their names."""
    threads = ' '.join('%s(%s)' % (thread.tid, ','.join(name.name for name in thread.names))
                       for thread in process.threads)
    return '%s child of %s: %s' % (process.pid, process.ppid, threads)


def call_line(call):
    """A call with its arguments."""
    arguments = ', '.join('%s=%s:%s' % (argument.name, argument.argument_type.name, argument.value)
                          for argument in call.arguments)
    return '%s %s(%s)' % (call.execution_offset, call.name, arguments)


def call_counts(session, models, execution):
    """How often each process of an execution made which call."""
    count = func.count()
    return (session.query(models.Process.pid, models.Syscall.name, count)
            .select_from(models.Process).join(models.Thread).join(models.Syscall)
            .filter(models.Process.execution_id == execution.execution_id)
            .group_by(models.Process.process_id, models.Process.pid, models.Syscall.name)
            .order_by(models.Process.process_id, count.desc(), models.Syscall.name))


def calls_of(session, models, execution, pid):
    """The calls of the processes of a pid, in the order they were made."""
    return (session.query(models.Syscall).join(models.Thread).join(models.Process)
            .filter(models.Process.execution_id == execution.execution_id)
            .filter(models.Process.pid == pid)
            .order_by(models.Syscall.syscall_id))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('db_url', metavar='DB_URL')
    parser.add_argument('--generation', type=int, choices=(1, 2), default=1)
    parser.add_argument('--execution', metavar='NAME', help='all calls of this one (the first)')
    parser.add_argument('--pid', type=int, help='print the calls of this process')
    options = parser.parse_args()

    models = Models(options.generation)
    with Session(create_engine(options.db_url)) as session:
        executions = session.query(models.Execution).order_by(models.Execution.execution_id).all()
        for execution in executions:
            print('execution', execution.name)
        if options.execution:
            executions = [e for e in executions if e.name == options.execution]
        if not executions:
            sys.exit('no execution %r' % options.execution if options.execution else 'no execution')
        execution = executions[0]
        for process in execution.processes:
            print('process', process_line(process))
        for pid, name, count in call_counts(session, models, execution):
            print('count', pid, name, count)
        if options.pid is not None:
            for call in calls_of(session, models, execution, options.pid):
                print('call', call_line(call))


if __name__ == '__main__':
    main()
