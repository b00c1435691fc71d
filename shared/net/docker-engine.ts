import { asObject, asString, type JsonValue, required } from '../base/json.ts'
import { answerPlace, check, type EngineOptions, engineCall, failed, inPath, parsed } from './docker-call.ts'
import { dockerObjects, type EngineObjects } from './docker-objects.ts'

export type { EngineOptions } from './docker-call.ts'

/**
 * The few calls of the Docker Engine API that are needed here. Errors: DOCKER_UNREACHABLE when nobody answers,
 * DOCKER_FAILED when the daemon refuses or what it answers makes no sense.
 */
export interface DockerEngine extends EngineObjects {
  /** The ID of an image that the daemon has: the digest of its config, or of its manifest where containerd keeps images. */
  imageID(reference: string): Promise<string | undefined>
  /** Gives an image a name: `host/path` and a tag. */
  tag(image: string, name: { readonly repository: string; readonly tag: string }): Promise<void>
  /** Makes the daemon pull from a registry, with the login that it has itself: a repository, and a tag or a digest. */
  pull(repository: string, ref: string): Promise<void>
  /** Loads a docker archive. */
  load(archive: AsyncIterable<Uint8Array>): Promise<void>
}

/** A pull tells of each layer again and again. */
const longestProgress = 64 * 1024 * 1024

/** Nothing is sent before the first call. Errors: USAGE, NOT_SUPPORTED for an address that cannot be used. */
export function dockerEngine(options: EngineOptions): DockerEngine {
  const call = engineCall(options)
  return {
    ...dockerObjects(call),
    imageID: async (reference) => {
      const answer = await call('GET', `/images/${inPath(reference)}/json`)
      if (answer.status === 404) return undefined
      return required(asObject(parsed(check(answer)), answerPlace), 'Id', answerPlace, asString)
    },
    tag: async (image, { repository, tag }) => {
      const query = new URLSearchParams({ repo: repository, tag }).toString()
      check(await call('POST', `/images/${inPath(image)}/tag?${query}`))
    },
    pull: async (repository, ref) => {
      const query = new URLSearchParams({ fromImage: repository, tag: ref }).toString()
      checkMessages(await call('POST', `/images/create?${query}`, { maxAnswer: longestProgress }))
    },
    load: async (archive) => checkMessages(await call('POST', '/images/load?quiet=1', { body: archive })),
  }
}

/** What goes wrong after the head of an answer is told in its last line. */
function checkMessages(answer: Parameters<typeof check>[0]): void {
  for (const message of messagesOf(check(answer))) {
    if (message['error'] !== undefined) throw failed(textOf(message['error']))
  }
}

/** The stream of an operation: one object a line. */
function messagesOf({ text }: { readonly text: string }): Readonly<Record<string, JsonValue | undefined>>[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.map((line) => asObject(parsed({ text: line }), answerPlace))
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
