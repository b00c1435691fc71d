#!/usr/bin/env node
// Old syntax on purpose: any Node can read this file and say what it lacks.
'use strict'

var fs = require('fs')
var restoreHeap = function () {}

var needed = 24
if (parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(
    'ibuild needs Node.js ' +
      needed +
      ' or newer; this is Node.js ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ')\n',
  )
  process.exit(2)
}

useAllProcessors()
require('diagnostics_channel').subscribe('ibuild.many-records', keepYoungHeapSmall)
var sources = __dirname + '/../app/main.ts'
var command = fs.existsSync(sources) ? fromSources(sources) : fromBundle()
var done = false
process.once('beforeExit', function () {
  if (done) return
  // Nothing is left that could go on with the work: Node would call that success.
  var unfinished = command.unfinished ? command.unfinished() : []
  process.stderr.write(
    'ibuild: the work stopped before its end\n' +
      (unfinished.length > 0 ? 'unfinished: ' + unfinished.slice(0, 20).join('; ') + '\n' : '') +
      'hint: This is a defect of ibuild; please report it, with these lines.\n',
  )
  process.exitCode = 1
})
command.main(process.argv.slice(2)).then(function (code) {
  done = true
  process.exitCode = code
  restoreHeap()
  command.keep()
})

function fromSources(file) {
  var folder = cacheFolder()
  if (folder) require('module').enableCompileCache(folder)
  var exported = require(file)
  return { main: exported.main, unfinished: exported.unfinished, keep: function () {} }
}

function fromBundle() {
  var scripts = require('./kept-code.cjs')(require('path').join(__dirname, '../dist/command'), cacheFolder())
  var exported = scripts.load('main')
  return { main: exported.main, unfinished: exported.unfinished, keep: scripts.keep }
}

// Work on many small records leaves much short-lived garbage. The space for it would grow to more than a hundred megabytes,
// which saves no time that could be measured. Not for every command: loading v8 takes 3 ms. At the end the flag goes back,
// because compiled code is kept for the flags of that moment.
var isHeapSmall = false
function keepYoungHeapSmall() {
  if (isHeapSmall) return
  isHeapSmall = true
  var v8 = require('v8')
  v8.setFlagsFromString('--semi-space-growth-factor=1')
  // Older garbage goes when the heap has grown by a quarter: it would grow to several times its size.
  v8.setFlagsFromString('--heap-growing-percent=25')
  restoreHeap = function () {
    v8.setFlagsFromString('--semi-space-growth-factor=2')
    v8.setFlagsFromString('--heap-growing-percent=0')
  }
  process.once('exit', restoreHeap)
}

// Compression works on the threads of Node's pool, which are four unless told otherwise before the first is started.
function useAllProcessors() {
  var count = require('os').availableParallelism()
  // A server waits for the disk on these threads, for many clients at once.
  if (process.argv.indexOf('serve') > 0) count = 16
  if (count > 4 && !process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = String(Math.min(count, 16))
}

// The cache holds code that will run, so it lies only in a folder of the user who runs it: never in a shared one, and
// never in another user's home (sudo may keep HOME). Where no such folder can be made there is no cache.
function cacheFolder() {
  var home = process.env.HOME
  var cache = process.env.XDG_CACHE_HOME || home + '/.cache'
  if (!home || process.env.NODE_DISABLE_COMPILE_CACHE || process.env.NODE_V8_COVERAGE) return undefined
  try {
    var folder = cache + '/ibuild/code'
    if (!fs.existsSync(folder) && isOurs(home)) makeFolders([cache, cache + '/ibuild', folder])
    return isOurs(cache) && isOurs(folder) ? folder : undefined
  } catch (error) {
    return undefined // starting takes some milliseconds longer
  }
}

// One by one: making them recursively never ends in folders such as /proc.
function makeFolders(folders) {
  folders.forEach(function (folder) {
    if (!fs.existsSync(folder)) fs.mkdirSync(folder, 448)
  })
}

function isOurs(folder) {
  var stat = fs.statSync(folder)
  return stat.uid === process.geteuid() && (stat.mode & 18) === 0
}
