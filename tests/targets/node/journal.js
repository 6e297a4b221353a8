// env: UV_USE_IO_URING=0
// Node as the first target, but by file system work only, with libuv's io_uring off as it is where a program must be checkpointed.
'use strict';
const fs = require('fs');
const { run, expect, eventually, directory } = require('./target.js');

const file = `${directory}/journal`;
let written = 0;
let seen = 0;
let handle;

async function append() {
  for (;;) {
    await handle.write(`${written}\n`);
    written++;
    if (written % 50 === 0) await handle.sync();
    await new Promise(setImmediate);
  }
}

async function setUp() {
  handle = await fs.promises.open(file, 'a');
  append();
}

async function verify() {
  expect(await eventually(() => written > seen + 10), 'the journal stands still');
  seen = written;
  const lines = (await fs.promises.readFile(file, 'utf8')).split('\n').slice(0, -1);
  expect(lines.length >= seen, `the journal has ${lines.length} lines, ${seen} were written`);
  lines.forEach((line, i) => expect(line === String(i), `line ${i} is ${line}`));
}

run(setUp, verify);
