// The protocol of a self-checking target, see ../README.md: run(setUp, verify); verify may be asynchronous.
'use strict';
const fs = require('fs');
const path = require('path');

const directory = process.argv[2];
let failure = null;
const at = (name) => path.join(directory, name);

function write(name, text) {
  fs.writeFileSync(at(`.${name}`), text);
  fs.renameSync(at(`.${name}`), at(name));
}

function fail(reason) {
  if (failure === null) {
    failure = reason;
    write('failed', reason);
  }
}

function expect(condition, reason) {
  if (!condition) fail(reason);
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function eventually(condition) {
  for (let i = 0; i < 1500; i++) {
    if (condition()) return true;
    await sleep(10);
  }
  return false;
}

process.on('uncaughtException', (error) => fail(`uncaught: ${error.stack}`));
process.on('unhandledRejection', (error) => fail(`unhandled: ${error && error.stack}`));

async function run(setUp, verify) {
  const pid = process.pid;
  await setUp();
  write('ready', String(pid));
  while (!fs.existsSync(at('stop'))) {
    if (fs.existsSync(at('check')) && !fs.existsSync(at('result'))) {
      try {
        await verify();
      } catch (error) {
        fail(`verify: ${error.stack}`);
      }
      write('result', failure === null ? 'ok' : `FAIL: ${failure}`);
    }
    await sleep(20);
  }
  process.exit(42);
}

module.exports = { run, expect, eventually, fail, sleep, directory };
