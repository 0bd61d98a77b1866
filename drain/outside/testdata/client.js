// SPDX-License-Identifier: Apache-2.0
//
// Loads a server through Node's http or https agent with keep-alive until
// standard input ends. Nothing is repeated except a connect that was refused.

'use strict';

const fs = require('fs');

const [host, port, size, roots] = process.argv.slice(2);
const http = require(roots ? 'https' : 'http');
const agent = new http.Agent({
  keepAlive: true, maxSockets: 32, ca: roots ? fs.readFileSync(roots) : undefined,
});
const tally = { Sent: 0, Lost: 0, Refused: 0, Opened: 0, Slowest: 0 };
let over = false;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Resolves to null or what went wrong.
function once(method) {
  return new Promise((resolve) => {
    let got = 0;
    const req = http.request({ agent, host, port, method, path: '/', timeout: 20000 }, (res) => {
      res.on('data', (b) => { got += b.length; });
      res.on('end', () => {
        const whole = res.complete && res.statusCode === 200 && got === Number(size);
        resolve(whole ? null : new Error(`status ${res.statusCode}, ${got} bytes`));
      });
      res.on('error', resolve);
    });
    req.on('socket', () => { if (!req.reusedSocket) tally.Opened++; });
    req.on('timeout', () => req.destroy(new Error('timeout')));
    req.on('error', resolve);
    req.end(method === 'POST' ? 'order' : undefined);
  });
}

async function work(i) {
  while (!over) {
    const method = Math.random() < 0.5 ? 'GET' : 'POST';
    const began = performance.now();
    const err = await once(method);
    if (err && err.code === 'ECONNREFUSED') {
      tally.Refused++;
      await sleep(10);
      continue;
    }
    tally.Sent++;
    if (err) {
      tally.Lost++;
      console.log('lost', method, err.code || '', err.message);
    }
    tally.Slowest = Math.max(tally.Slowest, performance.now() - began);
    if (i % 2) await sleep(Math.random() * 50);
  }
}

process.stdin.on('data', () => {});
process.stdin.on('end', () => { over = true; });
Promise.all(Array.from({ length: 32 }, (_, i) => work(i))).then(() => {
  console.log(JSON.stringify(tally));
  agent.destroy();
});
