export { InprocCluster, type InprocClusterOptions } from './inproc-cluster.ts';
