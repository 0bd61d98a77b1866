// SPDX-License-Identifier: Apache-2.0
//
// Loads a server through Node's http2, over four connections, until standard
// input ends. Nothing is repeated except a connect that was refused.

'use strict';

const fs = require('fs');
const http2 = require('http2');

const [host, port, size, roots] = process.argv.slice(2);
const url = `${roots ? 'https' : 'http'}://${host}:${port}`;
const options = roots ? { ca: fs.readFileSync(roots) } : {};
const refusedStream = http2.constants.NGHTTP2_REFUSED_STREAM;
const tally = { Sent: 0, Lost: 0, Declined: 0, Refused: 0, Opened: 0, Slowest: 0 };
const sessions = [];
let over = false;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A connection that was told to leave is "closed": it takes no more requests.
function session(i) {
  const old = sessions[i];
  if (old && !old.closed && !old.destroyed) return old;
  const fresh = http2.connect(url, options);
  fresh.on('connect', () => { tally.Opened++; });
  fresh.on('error', () => {}); // its streams have it too
  sessions[i] = fresh;
  return fresh;
}

// Resolves to null or what went wrong.
function once(i, method) {
  return new Promise((resolve) => {
    const s = session(i);
    const req = s.request({ ':method': method, ':path': '/' });
    let got = 0;
    let status = 0;
    let error = null;
    req.setTimeout(20000, () => req.close(http2.constants.NGHTTP2_CANCEL));
    req.on('response', (headers) => { status = headers[':status']; });
    req.on('data', (b) => { got += b.length; });
    req.on('error', (err) => { error = err; });
    req.on('close', () => {
      if (!error && status === 200 && got === Number(size)) return resolve(null);
      error = error || new Error(`status ${status}, ${got} bytes, code ${req.rstCode}`);
      const refused = req.id === undefined && error.cause && error.cause.code === 'ECONNREFUSED';
      resolve({ error, code: req.rstCode, refused });
    });
    req.end(method === 'POST' ? 'order' : undefined);
  });
}

async function work(i) {
  while (!over) {
    const method = Math.random() < 0.5 ? 'GET' : 'POST';
    const began = performance.now();
    const end = await once(i % 4, method);
    if (end && end.refused) {
      tally.Refused++;
      await sleep(10);
      continue;
    }
    tally.Sent++;
    if (end && end.code === refusedStream) {
      tally.Declined++;
    } else if (end) {
      tally.Lost++;
      console.log('lost', method, end.code, end.error.code || '', end.error.message);
    }
    tally.Slowest = Math.max(tally.Slowest, performance.now() - began);
    if (i % 2) await sleep(Math.random() * 50);
  }
}

process.stdin.on('data', () => {});
process.stdin.on('end', () => { over = true; });
Promise.all(Array.from({ length: 32 }, (_, i) => work(i))).then(() => {
  console.log(JSON.stringify(tally));
  sessions.forEach((s) => s.destroy());
});
