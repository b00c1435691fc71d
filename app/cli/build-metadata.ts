import type { BuildResult } from '../../builder/build-types.ts'
import type { DockerfileWarning } from '../../builder/dockerfile/types.ts'
import type { EmitEvent } from '../../builder/solve/events.ts'
import { fullName } from '../../shared/base/reference.ts'

/**
 * What `--metadata-file` holds: the keys that buildx writes for the image in the store, and keys of our own for each output
 * and the warnings.
 */
export function buildMetadata(result: BuildResult, warnings: readonly DockerfileWarning[]): string {
  const { imageID, manifestDigest, descriptor, tags, outputs } = result
  const document = {
    'containerimage.config.digest': imageID,
    'containerimage.descriptor': descriptor,
    'containerimage.digest': manifestDigest,
    ...(tags.length > 0 && { 'image.name': tags.map(fullName).join(',') }),
    'ibuild.outputs': outputs,
    'ibuild.warnings': warnings.map(warningMember),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function warningMember({ rule, message, location }: DockerfileWarning): object {
  const { file, startLine, endLine } = location
  return { rule, message, file, startLine, endLine }
}

/** Passes events on and keeps the warnings among them. */
export function keepWarnings(emit: EmitEvent): { readonly emit: EmitEvent; readonly warnings: DockerfileWarning[] } {
  const warnings: DockerfileWarning[] = []
  return {
    warnings,
    emit: (event) => {
      if (event.type === 'warning') warnings.push(event.warning)
      emit(event)
    },
  }
}
