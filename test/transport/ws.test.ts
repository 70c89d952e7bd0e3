import { newSecret } from '../../src/transport/security.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import { transportCompliance } from './compliance.ts';

transportCompliance('WsTransport with a secret', () => new WsTransport(newSecret()));
transportCompliance('WsTransport without security', () => new WsTransport('none'));
