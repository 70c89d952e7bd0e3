import { executorCompliance } from './compliance.ts';

executorCompliance('threads').run();
