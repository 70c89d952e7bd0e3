import { InprocTransport } from '../../src/transport/inproc.ts';
import { transportCompliance } from './compliance.ts';

transportCompliance('InprocTransport', () => new InprocTransport());
