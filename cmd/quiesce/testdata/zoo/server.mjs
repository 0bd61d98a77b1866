#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// A small server that stops correctly, or is broken in one named way: see species.
//
//	server.mjs -addr 127.0.0.1:8080 -species correct
//	server.mjs -list

import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { spawn } from 'node:child_process'

const url = 'http://127.0.0.1:{port}/'
const delayed = ['--ready', url + 'readyz', '--live', url + 'livez', '--readiness-delay', '200ms']
const writing = ['--write', `PUT ${url}items/{id}`, '--read', `GET ${url}items/{id}`]
const short = ['--grace', '1s']
const few = ['--connections', '4', '--rate', '100'] // what it can take beside the probes
const six = ['--rounds', '6'] // it is slow to start
const lost = ['requests-keepalive', 'requests-new']
const unclean = ['refusals-clean']

const all = [
  { name: 'correct', about: 'correct', flags: [...delayed, ...six] },
  { name: 'correct-writes', about: 'correct', flags: [...delayed, ...writing, ...six] },
  { name: 'no-handler', about: 'is ended by the signal itself', finds: ['exit-code'], also: [...lost, ...unclean] },
  { name: 'exits-at-once', about: 'process.exit in the handler', finds: lost, also: unclean },
  { name: 'close-all', about: 'closes all connections', finds: lost, also: unclean },
  { name: 'waits-for-ever', about: 'server.close with an interval that is never cleared', finds: ['exits'], also: ['exits-in-time', ...lost, ...unclean], flags: short },
  { name: 'exits-1', about: 'exits with 1 after a clean stop', finds: ['exit-code'], flags: delayed },
  { name: 'truncates', about: 'breaks off answers after the signal', finds: lost, also: unclean },
  { name: 'leaks-a-child', about: 'leaves a child process', finds: ['no-process-left'], flags: delayed },
  { name: 'loses-writes', about: 'acknowledges writes before they are on disk', finds: ['writes-survive'], also: [...lost, ...unclean], flags: writing },
].map((s) => ({ ...s, url, flags: [...few, ...(s.flags ?? [])] }))

const arg = (name, otherwise) => {
  const i = process.argv.indexOf('-' + name)
  return i < 0 ? otherwise : process.argv[i + 1]
}

if (process.argv.includes('-list')) {
  process.stdout.write(JSON.stringify(all))
  process.exit(0)
}

const species = arg('species', 'correct')
const dir = arg('dir', '') // empty: items are in memory only
const work = ['exits-at-once', 'close-all'].includes(species) ? 100 : 5 // ms a request takes at most
const delay = 300 // ms to serve after readiness is off: more than was promised
if (!all.some((s) => s.name === species)) throw new Error(`no species ${species}`)

const logFile = dir === '' ? '/dev/null' : path.join(dir, 'items.log')
const items = new Map()
for (const line of fs.existsSync(logFile) ? fs.readFileSync(logFile, 'utf8').split('\n') : []) {
  try {
    const [id, body] = JSON.parse(line)
    items.set(id, body)
  } catch {} // the last line, cut
}
const log = fs.openSync(logFile, 'a')
let waiting = []
if (species === 'loses-writes') setInterval(() => { fs.writeSync(log, waiting.splice(0).join('')) }, 50)

let stopping = false
let looks = 0 // how often we have looked since a request came that was not a probe's

const answer = (res, code, body = '') => {
  if (stopping && species === 'truncates') {
    res.writeHead(code, { 'Content-Length': 100 })
    res.write('he')
    setTimeout(() => res.destroy(), 1)
    return
  }
  if (stopping) res.setHeader('Connection', 'close')
  res.writeHead(code, { 'Content-Length': Buffer.byteLength(body) })
  res.end(body)
}

const server = http.createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const id = req.url.startsWith('/items/') ? req.url.slice('/items/'.length) : undefined
  if (req.url === '/readyz') return answer(res, stopping ? 503 : 200)
  if (req.url === '/livez') return answer(res, 200)
  looks = 0
  if (id !== undefined && req.method === 'PUT') {
    let body = ''
    req.on('data', (d) => { body += d })
    req.on('end', () => {
      items.set(id, body)
      const line = JSON.stringify([id, body]) + '\n'
      if (species === 'loses-writes') waiting.push(line)
      else fs.writeSync(log, line)
      answer(res, 201)
    })
    return
  }
  if (id !== undefined) return items.has(id) ? answer(res, 200, items.get(id)) : answer(res, 404)
  setTimeout(() => answer(res, 200, 'hello\n'), work * Math.random())
})

// fresh are the connections that have said nothing yet.
const fresh = new Set()
server.on('connection', (socket) => {
  fresh.add(socket)
  socket.on('close', () => fresh.delete(socket))
})
server.on('request', (req) => fresh.delete(req.socket))

// careful closes the listener when nobody comes any more; every answer has said
// goodbye, so connections end one by one. Who has connected and said nothing is given
// a second.
const careful = (code) => {
  const most = Date.now() + 3000
  const close = () => {
    // Timers run before what has arrived is looked at, so that a clock would say that
    // nobody has come while the machine was busy with others.
    if (looks++ < 10 && Date.now() < most) return setTimeout(close, 10)
    server.close(() => process.exit(code))
    const until = Date.now() + 1000
    const end = () => {
      if (fresh.size > 0 && Date.now() < until) return setTimeout(end, 10)
      server.closeAllConnections()
    }
    end()
  }
  setTimeout(close, delay)
}

const stop = () => {
  stopping = true
  switch (species) {
    case 'exits-at-once': case 'loses-writes': return process.exit(0)
    case 'close-all': server.close(); server.closeAllConnections(); return process.exit(0)
    case 'truncates': return setTimeout(() => process.exit(0), 50)
    case 'waits-for-ever': setInterval(() => {}, 1000); return server.close()
    case 'exits-1': return careful(1)
    default: return careful(0)
  }
}

if (species !== 'no-handler') process.on('SIGTERM', stop).on('SIGINT', stop)
if (species === 'leaks-a-child') spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()

const [host, port] = arg('addr', '127.0.0.1:0').split(':')
server.listen({ host, port: Number(port), backlog: 512 })
