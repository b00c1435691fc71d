import { asObject, asString, failAt, optional, required } from '../base/json.ts'
import { answerPlace, check, type EngineCall, parsed } from './docker-call.ts'

/** Of the API, the newest whose answers are known here. */
const known = '1.47'

/**
 * The start of paths in a version that the daemon speaks: the newest that is known here, its own when that is older, its oldest when
 * it speaks none so old. The daemon is asked once.
 */
export function createVersions(call: EngineCall): () => Promise<string> {
  let asked: Promise<string> | undefined
  return () => {
    asked ??= ask(call).catch((error: unknown) => {
      asked = undefined
      throw error
    })
    return asked
  }
}

async function ask(call: EngineCall): Promise<string> {
  const answer = asObject(parsed(check(await call('GET', '/version'))), answerPlace)
  const newest = required(answer, 'ApiVersion', answerPlace, asString)
  const oldest = optional(answer, 'MinAPIVersion', answerPlace, asString) ?? newest
  return `/v${chooseVersion(oldest, newest)}`
}

/** DOCKER_FAILED for what is no version. */
function chooseVersion(oldest: string, newest: string): string {
  const wanted = numberOf(newest) < numberOf(known) ? newest : known
  return numberOf(wanted) < numberOf(oldest) ? oldest : wanted
}

function numberOf(version: string): number {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,4})$/.exec(version) ?? []
  if (major === undefined || minor === undefined) failAt(answerPlace, `${JSON.stringify(version)} is no version`)
  return Number(major) * 10_000 + Number(minor)
}
