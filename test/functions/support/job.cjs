// @ts-nocheck
/* A CommonJS job file, in sloppy mode. */
const fs = require('node:fs');
const { basename } = require('node:path');
const common = require('./common.cjs');
const { triple } = common;

var factor = 4;

function sloppy(x) {
  undeclared = x; // legal here: it makes a global
  return typeof this === 'object' ? globalThis.undeclared * factor : 'strict';
}

exports.jobs = {
  sloppy,
  builtin: () => typeof fs.readFileSync,
  destructured: (path) => basename(path),
  ownModule: (x) => common.triple(x),
  ownFunction: (x) => triple(x),
  ownClass: (x) => new common.Box(x).value,
  requires: () => require('./common.cjs').triple(2),
  names: () => [typeof __filename, basename(__dirname)],
};
