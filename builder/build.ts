import { abortable } from '../shared/base/abort.ts'
import { IbuildError } from '../shared/base/errors.ts'
import { formatReference, parseReference, shortName, withDefaultTag } from '../shared/base/reference.ts'
import { mapDiskFull } from '../shared/cas/disk.ts'
import { hostPlatform } from '../shared/oci/platform.ts'
import type { BuildOptions, BuildResult, ContextSource, OutputSpec, WrittenOutput } from './build-types.ts'
import { checkContext, checkOptions } from './check-options.ts'
import { checkOutputs } from './check-outputs.ts'
import { describeOutput } from './describe-output.ts'
import type { Dockerfile } from './dockerfile/types.ts'
import { wakeCgroups } from './exec/wake-cgroups.ts'
import { guarded } from './listeners.ts'
import { foreignStages } from './plan/foreign-stages.ts'
import { needsContents } from './plan/needs-contents.ts'
import { planBuild } from './plan/plan.ts'
import type { ImageSource, Plan, PlanOptions } from './plan/types.ts'
import { readDockerfile, reportWarnings } from './read-dockerfile.ts'
import { findImages } from './remote/find-images.ts'
import { withRemote } from './remote/with-remote.ts'
import { type BuiltLayers, builtLayers, rememberCached } from './solve/built-steps.ts'
import { createSolver } from './solve/create-solver.ts'
import { assembleImage } from './solve/image.ts'
import { localImages } from './solve/local-images.ts'
import { mergeStage } from './solve/merge-stage.ts'
import { openBuildInput } from './solve/open-input.ts'
import { solvePlan } from './solve/solve.ts'
import type { Solver } from './solve/solver.ts'
import type { SolvedStage } from './solve/stage-scope.ts'
import { planMerge } from './squash/plan-merge.ts'
import { manifestDescriptor } from './store/local-manifest.ts'
import { lookUpOnce } from './store/look-up-once.ts'
import { openStore } from './store/open.ts'
import type { Store, StoredImage } from './store/types.ts'
import { createTransfers, type Transfers } from './transfer/transfers.ts'
import { withAccess } from './with-access.ts'

/**
 * Builds the image that a Dockerfile describes, stores it, names it and writes the outputs. Rejects with an `IbuildError`,
 * or with what `emit` threw; then no tag has moved and nothing is left behind but finished layers in the cache. CANCELLED
 * when `signal` aborts.
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  checkContext(checkOptions('build', options, ['root', 'context']).context)
  return guarded(options.signal, async ({ signal, listen }) => {
    return buildLocked({ ...options, emit: listen(options.emit), signal })
  })
}

type GuardedOptions = BuildOptions & Required<Pick<BuildOptions, 'emit' | 'signal'>>

async function buildLocked(options: GuardedOptions): Promise<BuildResult> {
  const names = (options.tags ?? []).map(tagName)
  checkOutputs(options)
  const opened = openStore(options.root)
  const lock = await opened.lockShared({ signal: options.signal })
  const transfers = createTransfers(options.emit)
  const looked = lookUpOnce(opened)
  const store = options.images === undefined ? looked : withRemote(looked, options.images, { transfers })
  try {
    const { image, ...layers } = await withAccess({ ...options, transfers }, async (scope) =>
      mapDiskFull(() => buildImage(store, scope)),
    )
    options.signal.throwIfAborted()
    await name(store, image, names)
    const outputs = await writeOutputs(store, image, { ...options, transfers })
    const wroteToStdout = outputs.some(({ dest }) => dest === '-')
    const { imageID, manifestDigest } = image
    const descriptor = manifestDescriptor(image)
    return { imageID, manifestDigest, descriptor, tags: names.map(shortName), outputs, wroteToStdout, ...layers }
  } finally {
    lock.release()
  }
}

/** The full name of a `--tag`; a digest cannot be chosen. */
function tagName(text: string): string {
  const reference = withDefaultTag(parseReference(text))
  if (reference.digest === undefined) return formatReference(reference)
  throw new IbuildError('USAGE', `--tag ${text}: a name with a digest cannot be given to an image`, {
    hint: 'Leave the digest away.',
  })
}

type BuildScope = GuardedOptions & { readonly transfers: Transfers }

async function buildImage(store: Store, options: BuildScope): Promise<BuiltLayers & { readonly image: StoredImage }> {
  const { emit, cached } = rememberCached(options.emit)
  const input = await openBuildInput(store, { ...options, context: stoppable(options.context, options.signal) })
  try {
    const dockerfile = readDockerfile(input.dockerfile, options)
    if (willRun(dockerfile, options)) wakeCgroups()
    const plan = await planBuild(dockerfile, planOptions(options), imageSource(store, dockerfile, options))
    reportWarnings(dockerfile, options, emit)
    for (const message of foreignStages(plan, hostPlatform())) emit({ type: 'notice', message })
    const { groups, warning } = planMerge(plan.target, { ...options, forDocker: isForDocker(options) })
    if (warning !== undefined) emit({ type: 'notice', message: `warning: ${warning}` })
    const createExecutor = async () => (await import('./solve/open-executor.ts')).openExecutor(store, options, emit)
    const solver = createSolver({ store, context: input.context, options, emit, epoch: plan.epoch, createExecutor })
    const unmerged = await solveAll(plan, solver)
    const solved = await mergeStage(store, unmerged, { groups, signal: options.signal, emit })
    const image = await storeImage(store, { plan, solved }, options)
    return { image, ...builtLayers(plan.target, unmerged.chain.diffIDs, cached) }
  } finally {
    await input.close()
  }
}

/** A context from a stream stops with the build, also while the stream is silent. */
function stoppable(context: ContextSource, signal: AbortSignal): ContextSource {
  return context.kind === 'stream' ? { ...context, stream: abortable(context.stream, signal) } : context
}

/** Images of the store, and those of registries where there are any to ask. */
function imageSource(store: Store, dockerfile: Dockerfile, options: BuildScope): ImageSource {
  const { images, verifier, pull = false, emit, signal, transfers } = options
  const local = localImages(store)
  if (images === undefined && verifier === undefined) return local
  const onNotice = (message: string): void => emit({ type: 'notice', message })
  const needs = needsContents(dockerfile, planOptions(options))
  const how = { pull, platform: hostPlatform(), needsContents: needs, transfers, onNotice, signal }
  return findImages(store, { local, remote: images, verifier }, how)
}

/** True when it is certain by now that a container will be started, unless the build fails before. */
function willRun({ stages }: Dockerfile, { noCache }: BuildOptions): boolean {
  return noCache === true && stages.at(-1)?.instructions.some(({ kind }) => kind === 'RUN') === true
}

/** True when docker's daemon is to take the image. */
function isForDocker({ outputs = [] }: BuildOptions): boolean {
  return outputs.some(({ type }) => type === 'docker' || type === 'daemon')
}

async function solveAll(plan: Plan, solver: Solver): Promise<SolvedStage> {
  try {
    return await solvePlan(plan, solver)
  } finally {
    await solver.settle()
  }
}

function planOptions({ target, buildArgs, labels, network }: BuildOptions): PlanOptions {
  return {
    target,
    buildArgs: buildArgs ?? new Map(),
    labels: labels ?? new Map(),
    network: network ?? 'default',
    platform: hostPlatform(),
  }
}

interface Finished {
  readonly plan: Plan
  readonly solved: SolvedStage
}

async function storeImage(
  store: Store,
  { plan, solved }: Finished,
  { noCache, annotations }: BuildOptions,
): Promise<StoredImage> {
  const now = (): Date => new Date(plan.epoch ?? Date.now())
  const settings = { now, useCache: noCache !== true, annotations: annotations?.manifest }
  const { manifest, config } = await assembleImage(store, { stage: plan.target, solved }, settings)
  return store.images.put(manifest, config)
}

async function name(store: Store, image: StoredImage, names: readonly string[]): Promise<void> {
  for (const full of names) await store.tags.set(full, image.manifestDigest)
}

/** One after the other: each takes all processors where it compresses. */
async function writeOutputs(store: Store, image: StoredImage, options: BuildScope): Promise<WrittenOutput[]> {
  const { outputs = [], tags = [], emit } = options
  const written: WrittenOutput[] = []
  for (const output of outputs) {
    emit({ type: 'notice', message: describeOutput(output, tags) })
    written.push(await writeOne(store, { image, output }, options))
  }
  return written
}

async function writeOne(
  store: Store,
  { image, output }: { readonly image: StoredImage; readonly output: OutputSpec },
  options: BuildScope,
): Promise<WrittenOutput> {
  const { tags: names = [], stdout, signal, annotations, emit, transfers, publisher, images, signer } = options
  if (output.type === 'registry') {
    if (publisher === undefined) throw new Error('the outputs were not checked')
    const { writeRegistry } = await import('./transfer/write-registry.ts')
    const onWarning = (message: string): void => emit({ type: 'notice', message: `warning: ${message}` })
    const how = { names, signal, transfers, publisher, images, signer, onWarning }
    const written = await writeRegistry(store, { image, output }, how)
    if (written.descriptor !== undefined) emit({ type: 'notice', message: `pushed as ${written.descriptor.digest}` })
    return written
  }
  const { writeOutput } = await import('./export/write-output.ts')
  return writeOutput({ store, image, output, stdout, names, signal, annotations })
}
