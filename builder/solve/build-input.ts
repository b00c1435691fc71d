import type { BuildContext } from '../context/types.ts'

/** The context and the Dockerfile of a build. */
export interface BuildInput {
  readonly context: BuildContext
  readonly dockerfile: DockerfileText
  /** Ends the use of the context; to be called whatever the build came to. */
  close(): Promise<void>
}

/** A Dockerfile that is not parsed yet. */
export interface DockerfileText {
  readonly bytes: Uint8Array
  /** Its name for messages. */
  readonly file: string
}
