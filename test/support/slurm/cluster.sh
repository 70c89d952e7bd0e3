#!/usr/bin/env bash
# A private Slurm of several nodes on one machine. It is the first process of a process namespace: when it ends, the kernel ends all
# that was started from it, and with the last of them go the networks and mounts. It ends when its standard input does.
#
#     unshare --pid --fork --kill-child --net --uts --mount --mount-proc  cluster.sh <folder> <nodes>
#
# Every node has a network, host name and mounts of its own: node1 is 10.9.0.1 and fd09::1 on eth0, and has on eth1 an address that
# no other node can reach. <folder>/local is another folder on each node; everything else is shared. This shell is the login node.
# It prints one line when all nodes are up.
set -u
dir=$1 nodes=$2
export PATH=$PATH:/usr/sbin:/sbin
export SLURM_CONF=$dir/etc/slurm.conf
cpus=8 gpus=2

fail() { echo "cluster.sh: $*" >&2; exit 1; }
# tries a command again until it succeeds or <seconds> are over
eventually() { local n=$(($1 * 50)); shift; for ((; n > 0; n--)); do "$@" &>/dev/null && return; sleep 0.02; done; return 1; }

mkdir -p "$dir"/{etc,munge,log,spool/ctl,dev,local}
chmod 755 "$dir" "$dir/munge"
hostname login

# What DragonHPC takes for a host of its own: memory, the id of a boot, and a default route, from which it makes the id of a runtime.
dragon_host() {
  [[ -n ${ROLECALL_TEST_DRAGON_HOSTS-} ]] || return 0
  mount -t tmpfs -o size=4g,mode=1777 none /dev/shm
  cat /proc/sys/kernel/random/uuid >"$dir/etc/boot-$1"
  mount --bind "$dir/etc/boot-$1" /proc/sys/kernel/random/boot_id
  ip route add default via "$2"
}

network() {
  ip link set lo up
  ip link add bridge type bridge
  ip addr add 10.9.0.254/24 dev bridge
  ip -6 addr add fd09::fe/64 dev bridge nodad
  ip link set bridge up
} 
network || fail "no bridge"
dragon_host login 10.9.0.1

write_hosts() {
  printf '127.0.0.1 localhost\n10.9.0.254 login\n'
  for ((i = 1; i <= nodes; i++)); do printf '10.9.0.%d node%d\n' "$i" "$i"; done
}
write_hosts >"$dir/etc/hosts"
mount --bind "$dir/etc/hosts" /etc/hosts

write_conf() {
  cat <<CONF
ClusterName=rolecall
SlurmctldHost=login(10.9.0.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge/socket
StateSaveLocation=$dir/spool/ctl
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/spool/slurmctld.pid
SlurmdPidFile=$dir/spool/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
SlurmdParameters=config_overrides
LaunchParameters=use_interactive_step
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
JobRequeue=1
ReturnToService=2
KillWait=4
InactiveLimit=0
MessageTimeout=20
GresTypes=gpu
NodeName=node[1-$nodes] NodeAddr=10.9.0.[1-$nodes] CPUs=$cpus Boards=1 SocketsPerBoard=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=4096 Gres=gpu:$gpus State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}
write_conf >"$dir/etc/slurm.conf"
printf 'CgroupAutomount=no\nCgroupPlugin=cgroup/v1\n' >"$dir/etc/cgroup.conf"
: >"$dir/etc/plugstack.conf"
echo "PMIxCliTmpDirBase=$dir/local" >"$dir/etc/mpi.conf"   # a folder of each node's own, which srun --mpi=pmix needs
# Slurm sets the variables of GPUs only for a device; twins of /dev/null play them
for ((g = 0; g < gpus; g++)); do mknod "$dir/dev/gpu$g" c 1 3; echo "Name=gpu File=$dir/dev/gpu$g"; done >"$dir/etc/gres.conf"

head -c 128 /dev/urandom >"$dir/munge/key"
chmod 600 "$dir/munge/key"
munged --foreground --force --socket="$dir/munge/socket" --key-file="$dir/munge/key" --pid-file="$dir/munge/pid" \
  --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed" &>"$dir/log/munged.out" &
eventually 5 test -S "$dir/munge/socket" || fail "munged does not answer: $(tail -5 "$dir"/log/munged.*)"
slurmctld -D &>"$dir/log/slurmctld.out" &

# Runs in the namespaces of a node. It waits for its networks, which only this side can give it.
node() {
  local i=$1
  hostname "node$i"
  ip link set lo up
  eventually 10 ip link show eth1 || exit 1
  ip addr add "10.9.0.$i/24" dev eth0
  ip -6 addr add "fd09::$i/64" dev eth0 nodad
  ip link set eth0 up
  ip addr add "172.30.$i.1/24" dev eth1
  ip link set eth1 up
  dragon_host "node$i" 10.9.0.254
  mkdir -p "$dir/spool/node$i/local"
  mount --bind "$dir/spool/node$i/local" "$dir/local"
  export HOSTNAME=node$i
  exec slurmd -D -N "node$i"
}
export -f node eventually dragon_host
export dir
for ((i = 1; i <= nodes; i++)); do
  unshare --net --uts --mount bash -c "node $i" &>"$dir/log/node$i.out" </dev/null &
  pid[i]=$!
done
for ((i = 1; i <= nodes; i++)); do
  own=$(readlink /proc/self/ns/net)
  other() { [[ $(readlink "/proc/${pid[i]}/ns/net") != "$own" ]]; }
  eventually 5 other || fail "no network namespace for node$i"
  ip link add "veth$i" type veth peer name eth0 netns "${pid[i]}" && ip link set "veth$i" master bridge up || fail "no network for node$i"
  ip link add "alone$i" type veth peer name eth1 netns "${pid[i]}" && ip link set "alone$i" up || fail "no second network for node$i"
done

up() { [[ $(sinfo --noheader --states=idle --format=%D) == "$nodes" ]]; }
eventually 20 up || fail "the nodes are not idle: $(sinfo -N -l; tail -n 5 "$dir"/log/*)"
echo "up"
read -r _
