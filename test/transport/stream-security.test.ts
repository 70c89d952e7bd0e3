import { StreamTransport } from '../../src/transport/stream.ts';
import { securityCompliance } from './security.ts';

securityCompliance(StreamTransport);
