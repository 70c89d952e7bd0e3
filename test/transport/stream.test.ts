import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import { transportCompliance } from './compliance.ts';

transportCompliance('StreamTransport with a secret', () => new StreamTransport(newSecret()));
transportCompliance('StreamTransport without security', () => new StreamTransport('none'));
