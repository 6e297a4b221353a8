// Node: timers, a hash chain against its known values, worker threads, promises from the thread pool, a local TCP server and a heap with checksums.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const net = require('net');
const { Worker, isMainThread, parentPort } = require('worker_threads');

if (!isMainThread) {
  // A worker counts and answers with what it was asked.
  let turns = 0;
  setInterval(() => { turns++; }, 5);
  parentPort.on('message', (question) => parentPort.postMessage({ question, turns, sum: crypto.createHash('sha1').update(question).digest('hex') }));
} else {
  const { run, expect, eventually, sleep, directory } = require('./target.js');
  const counts = { ticks: 0, hashes: 0, reads: 0, collected: 0 };
  const seen = { ...counts };
  const answers = [0, 0];
  const table = new Map();
  let chain = 'start';
  let known = null;
  let armed = 0;
  let fired = 0;
  let server;
  const workers = [];

  const digest = (text) => crypto.createHash('sha256').update(text).digest('hex');


  async function readForever() {
    const file = `${directory}/content`;
    fs.writeFileSync(file, 'x'.repeat(100000));
    for (;;) {
      const text = await fs.promises.readFile(file, 'utf8');
      expect(text.length === 100000, `a file of 100000 bytes gives ${text.length}`);
      await new Promise((resolve) => crypto.pbkdf2('a', 'b', 1000, 32, 'sha256', (error, key) => {
        expect(!error && key.toString('hex').startsWith('a9ad83929a'), `pbkdf2 gives ${key && key.toString('hex')}`);
        resolve();
      }));
      counts.reads++;
      await sleep(1);
    }
  }

  function churn() {
    for (let i = 0; i < 200; i++) {
      const key = `${counts.collected}-${i}`;
      table.set(key, { key, sum: digest(key) });
    }
    if (table.size > 5000) {
      for (const [key, value] of table) expect(value.key === key && value.sum === digest(key), `entry ${key} changed`);
      table.clear();
    }
    counts.collected++;
    setImmediate(churn);
  }

  function arm() {
    armed++;
    setTimeout(() => { fired++; }, 500);
  }

  async function setUp() {
    setInterval(() => { counts.ticks++; }, 10);
    setInterval(() => {
      for (let i = 0; i < 20; i++) chain = digest(chain);
      counts.hashes += 20;
    }, 2);
    for (let i = 0; i < 2; i++) {
      workers.push(new Worker(__filename));
      workers[i].on('message', (answer) => {
        expect(answer.sum === crypto.createHash('sha1').update(answer.question).digest('hex'), `worker ${i} gives a wrong sum`);
        answers[i] = answer;
      });
    }
    server = net.createServer((socket) => socket.end('hello'));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    readForever();
    churn();
    arm();
  }

  async function verify() {
    const count = counts.hashes;
    const value = chain; // the same turn of the loop: a pair
    known = known && known.count <= count ? known : { count: 0, value: 'start' };
    let expected = known.value;
    for (let i = known.count; i < count; i++) expected = digest(expected);
    expect(expected === value, `the hash chain is wrong after ${count} steps`);
    known = { count, value };
    expect(await eventually(() => fired >= armed), 'a timer does not fire');
    await sleep(50);
    expect(fired === armed, `${armed} timers fired ${fired} times`);
    for (let i = 0; i < 2; i++) {
      const question = `question ${Math.random()}`;
      workers[i].postMessage(question);
      expect(await eventually(() => answers[i].question === question), `worker ${i} does not answer`);
    }
    for (const name of Object.keys(counts)) expect(await eventually(() => counts[name] > seen[name]), `${name} stand still`);
    Object.assign(seen, counts);
    const text = await new Promise((resolve, reject) => {
      let got = '';
      net.connect(server.address().port, '127.0.0.1').on('data', (data) => { got += data; }).on('close', () => resolve(got)).on('error', reject);
    });
    expect(text === 'hello', `the server says ${text}`);
    // No connection may be left when the next checkpoint comes.
    await sleep(50);
    arm();
  }

  run(setUp, verify);
}
