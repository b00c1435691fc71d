/** Options of `docker` that there are none of here, by command: what to do instead. */
const options: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  build: {
    '--platform': 'Images are built for this machine only.',
    '--rm': 'Leave it out: nothing stays of a RUN but its layer.',
    '--force-rm': 'Leave it out: nothing stays of a RUN but its layer.',
    '--cache-from': 'The build cache is in the data folder; --root names another one.',
    '--cache-to': 'The build cache is in the data folder; --root names another one.',
    '--secret': 'RUN --mount, which would see it, is not supported yet.',
    '--ssh': 'RUN --mount, which would see it, is not supported yet.',
    '--build-context':
      'The context is one folder or tar; images of the local store can be named in FROM and COPY --from.',
    '--fail-waste': 'It belongs to ibuild analyze: ibuild analyze --build --fail-waste PERCENT PATH',
  },
  run: {
    '--rm': 'Leave it out: nothing is kept without --keep.',
    '-t': 'There is no terminal for the command; -i alone lets it read from stdin.',
    '--tty': 'There is no terminal for the command; -i alone lets it read from stdin.',
    '-d': 'ibuild run waits for the command.',
    '--detach': 'ibuild run waits for the command.',
    '-v': 'No folder of the host can be mounted: bring files in with COPY.',
    '--volume': 'No folder of the host can be mounted: bring files in with COPY.',
    '--mount': 'No folder of the host can be mounted: bring files in with COPY.',
    '-p': 'No ports are published; --network host shares the network of the host.',
    '--publish': 'No ports are published; --network host shares the network of the host.',
    '--disable-content-trust': 'Write --no-verify.',
    '--name': 'A container gets a name when it is kept: --keep NAME.',
  },
  images: { '-a': 'Leave it out: all images are listed.', '--all': 'Leave it out: all images are listed.' },
  containers: {
    '-a': 'Leave it out: all containers are listed.',
    '--all': 'Leave it out: all containers are listed.',
  },
  prune: {
    '-f': 'Leave it out: ibuild prune never asks.',
    '--force': 'Leave it out: ibuild prune never asks.',
  },
  commit: { '-p': 'Leave it out: the container does not run.', '--pause': 'Leave it out: the container does not run.' },
}

/** Commands of `docker` that have another name here, or are not there: what to do instead. */
const words: Readonly<Record<string, string>> = {
  manifest: 'Did you mean ibuild index? ibuild index inspect NAME shows what a manifest names.',
  ps: 'Did you mean ibuild containers?',
  ls: 'Did you mean ibuild images?',
  buildx: 'Did you mean ibuild build?',
  builder: 'See ibuild prune --all, which empties the build cache.',
  system: 'See ibuild du and ibuild prune.',
}

/** What to do in the place of an option of `docker` that `command` has not. */
export function optionAdvice(command: string, option: string): string | undefined {
  return own(own(options, command), option)
}

/** What to do in the place of a command of `docker`. */
export function commandAdvice(word: string): string | undefined {
  return own(words, word)
}

function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}
