/** Stands in for the workbench's native logger: appends at once, never rotates. */
const { appendFileSync, mkdirSync } = require('node:fs');
const { dirname } = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];
let level = 2;

class Logger {
  constructor(file) {
    this.file = file;
    this.level = level;
    this.raw = false;
    for (const [at, name] of LEVELS.entries()) this[name] = (message) => this.write(at, name, message);
  }
  write(at, name, message) {
    if (at < this.level) return;
    try {
      appendFileSync(this.file, this.raw ? String(message) : `${new Date().toISOString()} [${name}] ${message}\n`);
    } catch {
      // The folder may be gone when the host ends.
    }
  }
  getLevel() {
    return this.level;
  }
  setLevel(given) {
    this.level = given;
  }
  clearFormatters() {
    this.raw = true;
  }
  setPattern() {}
  flush() {}
  drop() {}
}

async function create(_name, file) {
  mkdirSync(dirname(file), { recursive: true });
  return new Logger(file);
}

exports.version = 0;
exports.Logger = Logger;
exports.setFlushOn = () => {};
exports.setLevel = (given) => {
  level = given;
};
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
