import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { basename, join, relative } from 'node:path'
import { build as esbuild, type Metafile, type Plugin } from 'esbuild'
import { asScript } from './as-script.ts'
import { readBuiltinsDirectly } from './builtins.ts'
import { importDirectly, type OutputFile } from './direct-imports.ts'
import { repository } from './repository.ts'

/** What esbuild knows about inputs, outputs and their imports. */
export interface Bundles {
  readonly command: Metafile
  readonly library: Metafile
}

/**
 * Bundles into a folder the library (`index.js`) and every `*-worker.ts` as ES modules, and the command as scripts
 * (`command/main.cjs`), see {@link asScript}. What package.json names in `dependencies` stays outside (native code, packages
 * with data); everything else is bundled. Errors: a build that does not go through, two workers of one name, a worker's URL
 * that would point nowhere in the bundle.
 */
export async function bundle(folder: string): Promise<Bundles> {
  const library = await bundleModules(folder, { index: 'app/index.ts', ...workers() }, 'app/index.ts')
  const scripts = join(folder, 'command')
  const command = await bundleModules(scripts, { main: 'app/main.ts' }, 'app/commands/build.ts')
  for (const name of globSync('*.js', { cwd: scripts })) {
    const file = join(scripts, name)
    writeFileSync(file.replace(/js$/, 'cjs'), asScript(readFileSync(file, 'utf8')))
    rmSync(file)
  }
  return { command, library }
}

/** `core` is the source with all that is always loaded. */
async function bundleModules(folder: string, entryPoints: Record<string, string>, core: string): Promise<Metafile> {
  const { metafile } = await esbuild({
    absWorkingDir: repository,
    entryPoints,
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: [...dependencies()],
    plugins: [oneCore(join(repository, core)), builtinsOnDemand, childProcessOnDemand, withoutHttp2],
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    metafile: true,
  })
  const files = Object.entries(metafile.outputs).map(([output, { inputs }]): OutputFile => {
    const name = relative(folder, join(repository, output))
    return { name, code: readFileSync(join(folder, name), 'utf8'), hasSources: Object.keys(inputs).length > 0 }
  })
  for (const { name, code } of importDirectly(files)) {
    refuseSourceUrls(name, code)
    writeFileSync(join(folder, name), inAscii(readBuiltinsDirectly(code)))
  }
  return metafile
}

/**
 * Escapes what esbuild leaves in regular expressions and comments: with one letter beyond ASCII the whole file would take
 * two bytes for each, and 2 to 3 ms more at every start.
 */
function inAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The files that esbuild cannot see: `new URL('./x.ts', import.meta.url)` would name a source that is not there. */
function refuseSourceUrls(file: string, code: string): void {
  const found = /new URL\([^()]*\.ts["'`], import\.meta\.url\)/.exec(code)
  if (found !== null) throw new Error(`${file}: ${found[0]}: use workerUrl() of shared/base/worker.ts`)
}

function workers(): Record<string, string> {
  const files = globSync('{shared,builder,registry,notary,app}/**/*-worker.ts', { cwd: repository }).sort()
  const entries = new Map(files.map((file) => [basename(file, '.ts'), file]))
  if (entries.size !== files.length) throw new Error(`two workers have one name: ${files.join(', ')}`)
  return Object.fromEntries(entries)
}

function dependencies(): string[] {
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { dependencies?: object }
  return Object.keys(manifest.dependencies ?? {})
}

/** What needs nothing of the core and must not wait for it. */
const light = new Set(['app/cli/help.ts', 'app/cli/version.ts'].map((file) => join(repository, file)))

/**
 * Puts all that is always loaded into one file. esbuild makes a file for each set of modules that the same entries
 * reach, and each costs a millisecond to find and link; here everything that is loaded on demand reaches the core.
 */
const oneCore = (core: string): Plugin => ({
  name: 'one core',
  setup(build) {
    const onDemand = new Set<string>()
    build.onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
      const file = join(resolveDir, path)
      if (kind === 'dynamic-import' && !light.has(file) && file !== core) onDemand.add(file)
      return undefined
    })
    build.onLoad({ filter: /\.ts$/ }, ({ path }) =>
      onDemand.has(path)
        ? { contents: `import ${JSON.stringify(core)}\n${readFileSync(path, 'utf8')}`, loader: 'ts' }
        : undefined,
    )
  },
})

/** CommonJS packages call `require('fs')`, which an ES module does not have; this asks Node when it is first needed. */
const builtinsOnDemand: Plugin = {
  name: 'builtins on demand',
  setup(build) {
    const names = new Set(builtinModules)
    build.onResolve({ filter: /^[a-z_/0-9:]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '')
      return kind === 'require-call' && names.has(name) ? { path: name, namespace: 'builtin' } : undefined
    })
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = globalThis.process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }))
  },
}

/** commander imports it for sub-commands that are programs of their own, which we have not; loading it takes 3 to 4 ms. */
const childProcessOnDemand: Plugin = {
  name: 'child_process on demand',
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      importer.includes('/node_modules/commander/') ? { path, namespace: 'on-demand' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'on-demand' }, ({ path }) => ({
      contents: `export default new Proxy({}, { get: (_, name) => process.getBuiltinModule("${path}")[name] })`,
      loader: 'js',
    }))
  },
}

/** undici loads it for connections that our pools never make (`allowH2: false`); with node:http2 that takes 3 ms. */
const withoutHttp2: Plugin = {
  name: 'without HTTP/2',
  setup(build) {
    build.onLoad({ filter: /\/undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
      contents: "module.exports = () => { throw new Error('HTTP/2 is not bundled') }",
      loader: 'js',
    }))
  },
}
