import type { SourceLocation } from '../../shared/base/errors.ts'
import { type CheckOptions, localCheckOptions } from './check-options.ts'
import { readDirectives } from './directives.ts'
import { syntaxError } from './fail.ts'
import { type FromLine, parseFrom } from './instructions/from.ts'
import { parseInstruction } from './instructions/table.ts'
import { LineReader } from './lines.ts'
import { lintFile, type WrittenKeyword } from './lint.ts'
import { nextStatement } from './read-statement.ts'
import type { Statement } from './statement.ts'
import { decodeDockerfile, fileError } from './text.ts'
import type { ArgInstruction, Dockerfile, DockerfileWarning, Instruction, LocalCheck, Stage } from './types.ts'

export { parseTrigger } from './trigger.ts'

/**
 * Parses a Dockerfile of at most 4 MiB (docs/dockerfile.md 1.1 to 1.11). `file` is its name in errors. Words stay unexpanded.
 * Errors: DOCKERFILE_SYNTAX, and NOT_SUPPORTED for parts of the language that cannot be built yet; both name the
 * lines. Findings that are no errors are in `warnings`, unfiltered: see `applyCheck`.
 */
export function parseDockerfile(bytes: Uint8Array, file: string): Dockerfile {
  const { text, brokenLines } = decodeDockerfile(bytes, file)
  const reader = new LineReader(text)
  const { directives, escape, warnings } = readDirectives(reader, file)
  const draft = emptyDraft(warnings)
  const options = { escape, file, brokenLines, warnings: draft.warnings }
  for (let next = nextStatement(reader, options); next !== undefined; next = nextStatement(reader, options)) {
    draft.keywords.push(next)
    const local = localCheckOptions(next.comments, next.location)
    if (local !== undefined) draft.local.push(localCheck(local, next.location))
    place(draft, next)
  }
  return finish(draft, file, { escape, directives })
}

function localCheck({ skip, experimental }: CheckOptions, { startLine }: SourceLocation): LocalCheck {
  return { startLine, skip, experimental }
}

interface StageDraft extends FromLine {
  readonly instructions: Instruction[]
}

interface Draft {
  readonly metaArgs: ArgInstruction[]
  readonly stages: StageDraft[]
  readonly warnings: DockerfileWarning[]
  readonly keywords: WrittenKeyword[]
  readonly local: LocalCheck[]
}

function emptyDraft(warnings: readonly DockerfileWarning[]): Draft {
  return { metaArgs: [], stages: [], warnings: [...warnings], keywords: [], local: [] }
}

/** Puts an instruction where it belongs: a new stage, the last stage, or before all stages. */
function place({ metaArgs, stages }: Draft, statement: Statement): void {
  if (statement.keyword === 'FROM') {
    stages.push({ ...parseFrom(statement), instructions: [] })
    return
  }
  const instruction = parseInstruction(statement)
  const stage = stages.at(-1)
  if (stage !== undefined) stage.instructions.push(instruction)
  else if (instruction.kind === 'ARG') metaArgs.push(instruction)
  else {
    const message = `${statement.keyword} before the first FROM: no build stage in current context`
    throw syntaxError(message, statement.location, 'A Dockerfile starts with FROM; only ARG may stand above it.')
  }
}

function finish(
  { metaArgs, stages, warnings, keywords, local }: Draft,
  file: string,
  { escape, directives }: Pick<Dockerfile, 'escape' | 'directives'>,
): Dockerfile {
  if (keywords.length === 0) throw fileError('file with no instructions', file)
  if (stages.length === 0) throw fileError('dockerfile contains no stages to build', file, 'Add a FROM instruction.')
  const numbered: Stage[] = stages.map((stage, index) => ({ ...stage, index }))
  return {
    escape,
    directives: local.length === 0 ? directives : { ...directives, local },
    metaArgs,
    stages: numbered,
    warnings: [...warnings, ...lintFile(numbered, keywords)],
  }
}
