'use strict'

// Loaded into each process of tests: what it compiles of TypeScript is kept for the next one. Half of their time goes by
// before a test begins. By a call, not by the environment: commands that tests start have their own way to keep code.

const { join } = require('path')
const { enableCompileCache } = require('module')

if (!process.env.NODE_V8_COVERAGE) enableCompileCache(join(__dirname, '../node_modules/.cache/compiled'))
