"""Run by `dragon`: starts the ranks of a job as a process group of the runtime, passes signals on to them, and ends with the job's
exit code. Without ranks it only keeps the runtime alive. What to do is in ROLECALL_DRAGON_PLAN; see ranks-plan.ts."""

import json
import os
import signal
import socket
import sys
import time

BEAT = 0.2
CLIENT_RANK = 1


def placed(ranks, nodes):
    """The node of each rank: as evenly as possible, neighbours together."""
    return [nodes[rank * len(nodes) // ranks] for rank in range(ranks)]


def templates(plan):
    from dragon.infrastructure.policy import Policy
    from dragon.native.machine import Node, System
    from dragon.native.process import ProcessTemplate

    hosts = placed(plan["ranks"], [Node(huid).hostname for huid in System().nodes])
    for rank, host in enumerate(hosts):
        own = {"RANK": rank, "LOCAL_RANK": hosts[:rank].count(host), "LOCAL_SIZE": hosts.count(host), "NODE": sorted(set(hosts)).index(host)}
        env = dict(os.environ, **plan["env"], **{f"ROLECALL_DRAGON_{name}": str(value) for name, value in own.items()})
        policy = Policy(placement=Policy.Placement.HOST_NAME, host_name=host)
        yield ProcessTemplate(target=plan["program"], args=tuple(plan["words"]), cwd=plan["folder"], env=env, policy=policy)


def pass_signals(group, path, passed):
    """Each line of the file is the number of a signal; it grows while the job runs."""
    try:
        with open(path) as file:
            numbers = file.read().split("\n")[:-1]
    except OSError:
        return passed
    for number in numbers[passed:]:
        group.send_signal(signal.Signals(int(number)))
    return len(numbers)


def exit_code(codes):
    """The client's, else that of the first other rank that failed by itself: that a worker was killed, a cluster survives."""
    client = codes[CLIENT_RANK] if CLIENT_RANK < len(codes) else 0
    if client < 0:
        return 128 - client
    return client or next((code for code in codes if code > 0), 0)


def run_ranks(plan):
    from dragon.native.process_group import ProcessGroup

    group = ProcessGroup(restart=False, ignore_error_on_exit=True)
    for template in templates(plan):
        group.add_process(nproc=1, template=template)
    group.init()
    group.start()
    passed = 0
    while len(group.inactive_puids) < plan["ranks"]:  # a join with a timeout fails when that is over
        time.sleep(BEAT)
        passed = pass_signals(group, plan["signals"], passed)
        if not owner_lives(plan["owner"]):
            group.kill()
    codes = [code for _, code in sorted(group.inactive_puids)]
    group.close()
    return exit_code(codes)


def owner_lives(owner):
    """The process for which all this is; on another node that cannot be told."""
    return socket.gethostname() != owner["host"] or os.path.exists(f"/proc/{owner['pid']}")


def hold(plan):
    """Until the file is gone, or whoever would remove it."""
    with open(plan["ready"], "x"):
        pass
    parent = os.getppid()
    while os.path.exists(plan["ready"]) and os.getppid() == parent and owner_lives(plan["owner"]):
        time.sleep(BEAT)


if __name__ == "__main__":
    given = json.loads(os.environ.pop("ROLECALL_DRAGON_PLAN"))
    for secret in ("DRAGON_ATTACH_TOKEN",):
        os.environ.pop(secret, None)
    sys.exit(run_ranks(given) if given["ranks"] > 0 else hold(given))
