// deadline: 400 s
import { testCells } from './suite.ts';

testCells('client');
