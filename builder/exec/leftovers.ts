import fs from 'node:fs'
import { abandonedCgroups, removeCgroup } from './cgroups.ts'
import { detectHost } from './host.ts'
import { isAbandoned, ownedName } from './owner.ts'

const trialPrefix = 'trial-'

/** Path of a new folder for a trial of this process. */
export function trialFolder(stateDir: string): string {
  return `${stateDir}/${trialPrefix}${ownedName()}`
}

/**
 * Removes what killed processes left: control groups on the host, with anything that still runs in them, and folders in
 * `stateDir`. What belongs to living processes stays. Takes a fraction of a millisecond when there is nothing.
 */
export async function cleanupLeftovers(stateDir: string): Promise<void> {
  const { cgroups } = detectHost()
  for (const path of abandonedCgroups(cgroups)) await removeCgroup(cgroups, path)
  for (const name of namesIn(stateDir)) {
    if (!name.startsWith(trialPrefix) || !isAbandoned(name.slice(trialPrefix.length))) continue
    fs.rmSync(`${stateDir}/${name}`, { recursive: true, force: true })
  }
}

function namesIn(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder) : []
}
