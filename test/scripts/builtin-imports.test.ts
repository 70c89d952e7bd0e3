import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutFacades } from '../../scripts/build/builtin-imports.ts';

test('imports of modules of Node.js are taken from the modules, line by line', () => {
  const code = [
    'import {',
    '  hostname as hostname2,',
    '  tmpdir',
    '} from "node:os";',
    'import path from "node:path";',
    'import { spawn } from "node:child_process";',
    'import { parse } from "./parser.js";',
    'import "node:process";',
  ];
  const expected = [
    'const {',
    '  hostname: hostname2,',
    '  tmpdir',
    '} = process.getBuiltinModule("node:os");',
    'const path = process.getBuiltinModule("node:path");',
    ...code.slice(5),
  ];
  assert.equal(withoutFacades(code.join('\n')).split('\n'), expected);
});

test.run();
