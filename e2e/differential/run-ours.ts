import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type RunOutput, run, runOk, tail } from '../testing/run.ts'
import { ibuildScript } from '../testing/workspace.ts'
import type { BaseImages } from './base.ts'
import type { BuildInput, Outcome } from './run-buildkit.ts'

function ibuild(root: string, args: readonly string[]): Promise<RunOutput> {
  return run(process.execPath, [ibuildScript, ...args], { env: { IBUILD_ROOT: root } })
}

/** Loads the base images into the data folder `root`. */
export async function loadBaseImages(root: string, base: BaseImages): Promise<void> {
  for (const name of base.digests.keys()) {
    const { code, stderr } = await ibuild(root, ['load', '-i', base.archive(name)])
    if (code !== 0) throw new Error(`ibuild load of ${name} failed\n${tail(stderr)}`)
  }
}

/** Builds with ours, without cache, as the peer does. A crash is not a refusal, it is an error. */
export async function runOurs(input: BuildInput, root: string): Promise<Outcome> {
  const { result } = input
  const archive = `${result}.tar`
  const output = await ibuild(root, [...common, ...given(input), '-o', `type=oci,dest=${archive}`, input.context])
  if (output.code !== 0) return refusal(output)
  mkdirSync(result)
  await runOk('tar', ['-xf', archive, '-C', result])
  rmSync(archive)
  return { layout: result }
}

const common = ['build', '--no-cache', '--progress', 'plain', '--network', 'host']

function given({ one, context }: BuildInput): string[] {
  const args = Object.entries(one.args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
  const target = one.target === undefined ? [] : ['--target', one.target]
  return ['-f', join(context, one.file), ...target, ...args]
}

function refusal(output: RunOutput): Outcome {
  const said = tail(output.stderr, 30)
  if (output.code > 3 || /^\s+at .+:\d+:\d+\)?$/m.test(said))
    throw new Error(`ibuild crashed (${output.code})\n${said}`)
  return { refused: said }
}
