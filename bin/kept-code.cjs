'use strict'

// Runs the scripts of dist/command with the code that V8 made of them in earlier runs. Node's own compile cache keeps a file
// as it is before it runs, so that each start would compile the hundreds of functions anew that it calls; this one keeps it
// as it is at the end of a run.

const fs = require('fs')
const path = require('path')
const { pathToFileURL } = require('url')
const { Script } = require('vm')

/** A run of so many milliseconds can afford to look whether it compiled more than is kept: that takes some 10 ms. */
const longRun = 1000
/** Of so many shorter runs one looks, too: the second run of a command may call functions that the first did not. */
const shortRuns = 16
/** Days after which code is removed that nobody wrote anew: of another version of ibuild or Node, most likely. */
const longUnused = 60

/**
 * Gives `load`, which evaluates a script of the folder by its name and gives its exports, and `keep`, to be called when the
 * work is done. `cache` is the folder where code is kept, one that only this user can write to; without it nothing is.
 */
module.exports = function openScripts(folder, cache) {
  const loaded = new Map()
  const load = (name) => {
    let one = loaded.get(name)
    if (one === undefined) {
      one = compile(path.join(folder, name + '.cjs'), cache)
      loaded.set(name, one)
      one.exports = one.run(load, require, pathToFileURL(one.file).href)
    }
    if (one.exports === undefined) throw new Error(name + ' needs itself to be loaded')
    return one.exports
  }
  const keep = () => {
    if (cache === undefined) return
    const scripts = [...loaded.values()]
    const isNew = scripts.some(({ kept }) => kept === 0)
    const isLong = process.uptime() * 1000 >= longRun
    if (isNew || isLong || Math.random() < 1 / shortRuns) scripts.forEach(keepCode)
  }
  return { load, keep }
}

/** The first line of a script is a comment with the digest of the rest. */
function compile(file, cache) {
  const source = fs.readFileSync(file, 'latin1')
  const digest = source.slice(3, source.indexOf('\n'))
  const keptFile = path.join(cache || '', digest.slice(0, 20) + '-' + process.version + '-' + process.arch)
  const cachedData = cache === undefined ? undefined : readKept(keptFile)
  const script = new Script(source, { filename: file, cachedData })
  const kept = cachedData === undefined || script.cachedDataRejected ? 0 : cachedData.length
  return { file, script, run: script.runInThisContext(), keptFile, kept, exports: undefined }
}

/** The file holds the code twice: V8 runs whatever it is given, and to compare is the cheapest way to find damage. */
function readKept(file) {
  try {
    const bytes = fs.readFileSync(file)
    const code = bytes.subarray(0, bytes.length / 2)
    return code.equals(bytes.subarray(code.length)) ? code : undefined
  } catch {
    return undefined // nothing is kept yet
  }
}

/** Writes what is more than is kept. V8 refuses what is of another version or was compiled with other flags. */
function keepCode({ script, keptFile, kept }) {
  const code = script.createCachedData()
  if (code.length <= kept) return
  const temporary = keptFile + '.' + process.pid
  try {
    fs.writeFileSync(temporary, Buffer.concat([code, code]), { mode: 0o600, flag: 'wx', flush: true })
    fs.renameSync(temporary, keptFile)
    if (kept === 0) removeUnused(path.dirname(keptFile))
  } catch {
    fs.rmSync(temporary, { force: true }) // starting takes some milliseconds longer
  }
}

function removeUnused(folder) {
  const oldest = Date.now() - longUnused * 24 * 3600 * 1000
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name)
    const stat = fs.lstatSync(file)
    if (stat.isFile() && stat.mtimeMs < oldest) fs.rmSync(file)
  }
}
