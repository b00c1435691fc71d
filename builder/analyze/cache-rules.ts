import { baseOf, type LayerPath } from '../layers/entry.ts'

/** Files that a program leaves and that an image has no use for. */
export interface CacheRule {
  readonly kind: 'cache' | 'vcs'
  /** What the files are, for people. */
  readonly name: string
  /** The directory that they lie in, as a pattern on its whole path. */
  readonly directory: RegExp
  /** What to write in the instruction that makes them. */
  readonly rewrite: string
}

const home = '(?:root|home/[^/]+)'

const inHome = (path: string): RegExp => new RegExp(`^${home}/${path}$`)

/** The table of what is known; the first rule that takes a directory holds for all below it. */
export const cacheRules: readonly CacheRule[] = [
  {
    kind: 'cache',
    name: 'apt package lists',
    directory: /^var\/lib\/apt\/lists$/,
    rewrite: 'end the same RUN with `&& rm -rf /var/lib/apt/lists/*`',
  },
  {
    kind: 'cache',
    name: 'apt archives',
    directory: /^var\/cache\/apt$/,
    rewrite: 'end the same RUN with `&& apt-get clean && rm -rf /var/cache/apt/*`',
  },
  {
    kind: 'cache',
    name: 'apk cache',
    directory: /^(?:var\/cache\/apk|etc\/apk\/cache)$/,
    rewrite: 'write `apk add --no-cache` and leave out `apk update`',
  },
  {
    kind: 'cache',
    name: 'dnf and yum cache',
    directory: /^var\/cache\/(?:dnf|yum|libdnf5)$/,
    rewrite: 'end the same RUN with `&& dnf clean all && rm -rf /var/cache/dnf /var/cache/yum`',
  },
  {
    kind: 'cache',
    name: 'zypper cache',
    directory: /^var\/cache\/zypp$/,
    rewrite: 'end the same RUN with `&& zypper clean --all`',
  },
  {
    kind: 'cache',
    name: 'pacman cache',
    directory: /^var\/cache\/pacman\/pkg$/,
    rewrite: 'end the same RUN with `&& rm -rf /var/cache/pacman/pkg/*`',
  },
  {
    kind: 'cache',
    name: 'pip cache',
    directory: inHome('\\.cache/pip'),
    rewrite: 'write `pip install --no-cache-dir`, or set ENV PIP_NO_CACHE_DIR=1',
  },
  {
    kind: 'cache',
    name: 'uv cache',
    directory: inHome('\\.cache/uv'),
    rewrite: 'write `uv ... --no-cache`, or set ENV UV_NO_CACHE=1',
  },
  {
    kind: 'cache',
    name: 'npm cache',
    directory: inHome('\\.npm'),
    rewrite: 'end the same RUN with `&& npm cache clean --force`',
  },
  {
    kind: 'cache',
    name: 'yarn cache',
    directory: new RegExp(`^(?:${home}/\\.cache/yarn|${home}/\\.yarn/berry/cache|usr/local/share/\\.cache/yarn)$`),
    rewrite: 'end the same RUN with `&& yarn cache clean --all`',
  },
  {
    kind: 'cache',
    name: 'pnpm store',
    directory: new RegExp(`^(?:${home}/\\.local/share/pnpm/store|${home}/\\.cache/pnpm)$`),
    rewrite: 'end the same RUN with `&& rm -rf "$(pnpm store path)" ~/.cache/pnpm`',
  },
  {
    kind: 'cache',
    name: 'go build and module cache',
    directory: new RegExp(`^(?:${home}/\\.cache/go-build|(?:${home}/)?go/pkg/mod)$`),
    rewrite:
      'build in a stage of its own and take the program with COPY --from, or end the RUN with `&& go clean -cache -modcache`',
  },
  {
    kind: 'cache',
    name: 'cargo registry',
    directory: new RegExp(`^(?:${home}/\\.cargo|usr/local/cargo)/(?:registry|git)$`),
    rewrite:
      'build in a stage of its own and take the program with COPY --from, or remove $CARGO_HOME/registry in the same RUN',
  },
  {
    kind: 'cache',
    name: 'composer cache',
    directory: new RegExp(`^${home}/\\.(?:cache/composer|composer/cache)$`),
    rewrite: 'write `composer install --no-cache`',
  },
  {
    kind: 'cache',
    name: 'gem cache',
    directory: new RegExp(
      `^(?:usr(?:/local)?/lib/ruby/gems/[^/]+/cache|usr/local/bundle/cache|var/lib/gems/[^/]+/cache|${home}/\\.bundle/cache)$`,
    ),
    rewrite: 'end the same RUN with `&& rm -rf "$(gem env gemdir)/cache"`',
  },
  {
    kind: 'cache',
    name: 'maven repository',
    directory: inHome('\\.m2/repository'),
    rewrite: 'build in a stage of its own and take the result with COPY --from',
  },
  {
    kind: 'cache',
    name: 'gradle cache',
    directory: inHome('\\.gradle/caches'),
    rewrite: 'build in a stage of its own and take the result with COPY --from',
  },
  {
    kind: 'cache',
    name: 'compiled Python',
    directory: /(?:^|\/)__pycache__$/,
    rewrite:
      'set ENV PYTHONDONTWRITEBYTECODE=1 and write `pip install --no-compile`; programs then start a little slower',
  },
  {
    kind: 'cache',
    name: 'temporary files',
    directory: /^(?:tmp|var\/tmp)$/,
    rewrite: 'remove them in the RUN that makes them',
  },
  {
    kind: 'vcs',
    name: 'version control data',
    directory: /(?:^|\/)\.(?:git|hg|svn|bzr)$/,
    rewrite: 'take it out of the context',
  },
]

/** Names that the last component of some rule's directory can have; all others need no patterns. */
const lastNames =
  /^(?:lists|apt|apk|cache|dnf|yum|libdnf5|zypp|pkg|pip|uv|\.npm|yarn|store|pnpm|go-build|mod|registry|git|composer|repository|caches|__pycache__|tmp|\.git|\.hg|\.svn|\.bzr)$/

/** The number in {@link cacheRules} of the rule that a directory falls under; `above` is that of the directory it lies in, -1 none. */
export function cacheRuleOf(directory: LayerPath, above: number): number {
  if (above >= 0 || !lastNames.test(baseOf(directory))) return above
  return cacheRules.findIndex((rule) => rule.directory.test(directory))
}
