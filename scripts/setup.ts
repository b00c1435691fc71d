// `npm run setup -- demo|test|peers`: installs what a profile needs of the system, or prints the command that does.
import { debians, debianTar } from '../e2e/testing/debian-base.ts'
import { findProgram } from '../e2e/testing/programs.ts'
import { aptCommand, canInstall, install, isInstalled } from './apt.ts'
import { isProfile, type Profile, profiles, type SystemPackage } from './packages.ts'
import { buildPeers } from './peers.ts'

const [profile = 'test'] = process.argv.slice(2)
process.exitCode = isProfile(profile) ? await setUp(profile) : usage()

function usage(): number {
  console.error(`usage: npm run setup -- ${Object.keys(profiles).join('|')}`)
  return 2
}

/** The tests skip what they cannot do, with the reason; the demo and the peers need everything. */
async function setUp(profile: Profile): Promise<number> {
  const missing = profiles[profile].filter(isMissing).map(({ name }) => name)
  if (missing.length > 0 && !canInstall()) {
    console.log(`setup: not installed: ${missing.join(', ')}. This command installs what is missing:\n`)
    console.log(`    ${aptCommand(missing)}\n`)
    return profile === 'test' ? 0 : 1
  }
  if (missing.length > 0) {
    console.log(`setup: installing ${missing.join(', ')}`)
    install(missing)
  }
  if (profile === 'peers') {
    buildPeers()
    for (const packages of Object.values(debians)) await debianTar(packages)
  }
  console.log(`setup: everything for "${profile}" is there (${profiles[profile].map(({ name }) => name).join(', ')})`)
  return 0
}

/** busybox-static is asked of dpkg: a busybox that needs libraries would not run in an image of its own. */
function isMissing({ name, program }: SystemPackage): boolean {
  const installed = isInstalled(name)
  if (name === 'busybox-static' && installed !== undefined) return !installed
  return installed !== true && findProgram(program) === undefined
}
