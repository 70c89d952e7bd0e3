#!/usr/bin/env bash
# Two nodes on one machine that have addresses of IPv6 and no others, not even 127.0.0.1. It is the first process of a process
# namespace: when it ends, the kernel ends all that was started from it, and with the last of them go the networks.
#
#     unshare --pid --fork --kill-child --net --uts --mount --mount-proc  ipv6-nodes.sh <command…>
#
# Runs the command as ranks 0 and 2 on node1, and as ranks 1 and 3 on node2; its code is that of rank 1. The nodes are fd06::1 and
# fd06::2 on eth0, and have on eth1 an address that the other cannot reach.
set -u
export PATH=$PATH:/usr/sbin:/sbin

# tries a command again until it succeeds or ten seconds are over
eventually() { for ((n = 500; n > 0; n--)); do "$@" &>/dev/null && return; sleep 0.02; done; return 1; }
is_up() { [[ $(ip -o link show eth0) == *LOWER_UP* ]]; }

# The second node gets its end of eth0 from the first, which can name its namespace. It is up when both ends are.
network() {
  local node=$1
  hostname "node$node"
  ip link set lo up && ip addr del 127.0.0.1/8 dev lo
  eventually ip link show eth0
  ip link add eth1 type veth peer name nowhere && ip link set nowhere up
  ip -6 addr add "fd06::$node/64" dev eth0 nodad
  ip -6 addr add "fd07:$node::1/64" dev eth1 nodad
  ip link set eth0 up && ip link set eth1 up && eventually is_up && [[ -z $(ip -4 -o addr) ]]
}

# As an indexed job of Kubernetes, whose pods may have nothing but IPv6.
rank() { JOB_COMPLETION_INDEX=$1 ROLECALL_SIZE=4 ROLECALL_RUN=ipv6 exec "${command[@]}"; }

second_node() {
  network 2 || exit 1
  rank 3 &
  (rank 1)
  code=$?
  wait
  exit $code
}
command=("$@")
export -f eventually is_up network rank second_node
unshare --net --uts bash -c 'command=("$@"); second_node' bash "$@" &
second=$!
own=$(readlink /proc/self/ns/net)
other() { [[ $(readlink "/proc/$second/ns/net") != "$own" ]]; }
eventually other
ip link add eth0 type veth peer name eth0 netns "$second"
network 1 || { echo "ipv6-nodes.sh: no network" >&2; exit 1; }
(rank 0) &
(rank 2) &
wait "$second"
code=$?
wait
exit $code
