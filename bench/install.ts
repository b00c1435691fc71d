import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../e2e/testing/programs.ts'
import { runOk } from '../e2e/testing/run.ts'
import { aptCommand, canInstall, install } from '../scripts/apt.ts'

const repository = join(import.meta.dirname, '..')

/** Packs the project and installs the package in a folder of its own, as a user would; returns the command's path. */
export async function installPackage(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true })
  await runOk('npm', ['run', 'build'], { cwd: repository })
  const { stdout } = await runOk('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], {
    cwd: repository,
  })
  const [packed] = JSON.parse(stdout) as [{ filename: string }]
  writeFileSync(join(directory, 'package.json'), '{ "private": true }')
  const installing = ['install', '--prefer-offline', '--omit=dev', join(directory, packed.filename)]
  await runOk('npm', installing, { cwd: directory, timeout: 300_000 })
  const program = join(directory, 'node_modules/.bin/ibuild')
  if (!existsSync(program)) throw new Error(`${program} was not installed`)
  return program
}

/** Sees to it that wrk is there, which only the benchmark of registries needs. */
export function installWrk(): void {
  if (findProgram('wrk') !== undefined) return
  if (!canInstall()) throw new Error(`wrk is not installed: ${aptCommand(['wrk'])}`)
  install(['wrk'])
}
