#!/usr/bin/env python3
"""Records a guest's commands and replays them into a plog, with pandare.

usage: record.py PLOG COMMAND...

Needs PANDA and its Python package pandare, which the tests of this project
have not: this script is not run by them.
"""
import sys

from pandare import Panda

# In this order: loading the kernel's types and the kernel's offsets comes
# before what asks for them.
PLUGINS = (
    ('syscalls2', {'load-info': True}),
    ('osi', {}),
    ('osi_linux', {}),
    ('syscalls_logger', {}),
    ('asidstory', {}),
    ('loaded_libs', {}),
)


def record(name, commands):
    """Boot the guest from its snapshot and record what the commands do."""
    panda = Panda(generic='x86_64')

    @panda.queue_blocking
    def run():
        panda.record_cmd('; '.join(commands), recording_name=name)
        panda.end_analysis()

    panda.run()


def replay(name, plog):
    """Replay a recording and log what the plugins see."""
    panda = Panda(generic='x86_64')
    panda.set_pandalog(plog)
    for plugin, arguments in PLUGINS:
        panda.load_plugin(plugin, args=arguments)
    panda.run_replay(name)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    # a process has one guest, so the two are calls of their own
    if sys.argv[1] == '--replay':
        replay(sys.argv[2], sys.argv[3])
    else:
        record(sys.argv[1] + '.recording', sys.argv[2:])


if __name__ == '__main__':
    main()
