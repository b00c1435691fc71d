// `npm run build`: dist/ from nothing: the bundle, its notices, and the declarations of the library.
import { execFileSync } from 'node:child_process'
import { globSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.ts'
import { notices } from './notices.ts'
import { repository } from './repository.ts'

const dist = join(repository, 'dist')
rmSync(dist, { recursive: true, force: true })
const { command, library } = await bundle(dist)
writeFileSync(join(dist, 'NOTICES.txt'), notices(repository, [command, library]))
const tsc = join(repository, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: repository, stdio: 'inherit' })

const files = globSync('**/*.{js,cjs}', { cwd: dist })
const bytes = files.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0)
console.log(`dist: ${files.length} files of JavaScript, ${Math.round(bytes / 1024)} KiB, and declarations`)
