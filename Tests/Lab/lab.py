#!/usr/bin/python3
"""The lab: the whole product against real servers and a real firewall, step by step.

    lab.py [--step N] [--keep] [--build-dir DIR] [--loopback]    the story of the product
    lab.py --self-test [--keep]                                  proves the lab itself

Exit 0 only when every check passed. What it made is removed in the end, also after a failure.
"""

import sys

import frame


def arguments():
    parser = frame.parser("The lab of syncmail.")
    parser.add_argument("--step", type=int, help="stop after this step")
    parser.add_argument("--loopback", action="store_true", help="as without root")
    parser.add_argument("--self-test", action="store_true", help="prove the lab itself")
    return parser.parse_args()


def main():
    if sys.argv[1:2] == ["--client"]:
        import selftest
        return selftest.client(sys.argv[2:])
    options = arguments()

    def body(folder, checks):
        if options.self_test:
            import selftest
            selftest.run_self_test(folder, checks)
        else:
            import story
            story.run(folder, checks, options)

    return frame.run("lab", options, body)


if __name__ == "__main__":
    sys.exit(main())
