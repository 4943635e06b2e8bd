#!/usr/bin/env python3
"""Records what commands do in a guest, and replays it into a plog, with pandare.

usage: record.py record IMAGE RECORDING COMMAND
       record.py replay IMAGE RECORDING PLOG KCONF_GROUP

IMAGE is one of pandare's generic images, such as x86_64_ubuntu_1804.
KCONF_GROUP names the section of PANDA's kernelinfo.conf for its kernel, such
as ubuntu:4.15.0-72-generic-noaslr-nokaslr:64.

There is no PANDA in Debian: the tests of this project do not run this script.
"""
import sys

from pandare import Panda


def record(image, recording, command):
    """Go back to the guest's snapshot, and record the command."""
    panda = Panda(generic=image)

    @panda.queue_blocking
    def run():
        panda.record_cmd(command, recording_name=recording)
        panda.end_analysis()

    panda.run()


def replay(image, recording, plog, kconf_group):
    """Replay the recording with the plugins that write what there are tables of."""
    panda = Panda(generic=image)
    panda.set_pandalog(plog)
    # First: once another plugin has loaded it without its table of calls,
    # syscalls_logger writes nothing.
    panda.load_plugin('syscalls2', args={'load-info': 1})
    panda.load_plugin('osi')
    panda.load_plugin('osi_linux', args={'kconf_group': kconf_group})
    for plugin in ('syscalls_logger', 'asidstory', 'loaded_libs'):
        panda.load_plugin(plugin)
    panda.run_replay(recording)


def main():
    arguments = sys.argv[2:]
    if sys.argv[1:2] == ['record'] and len(arguments) == 3:
        record(*arguments)
    elif sys.argv[1:2] == ['replay'] and len(arguments) == 4:
        replay(*arguments)
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
