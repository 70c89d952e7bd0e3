// @ts-nocheck
exports.triple = (x) => x * 3;
exports.Box = class Box {
  constructor(value) {
    this.value = value;
  }
};
