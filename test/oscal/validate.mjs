// Files against OSCAL's JSON schema, by ajv: node validate.mjs SCHEMA FILE... One line a file that does not hold, exit status 1; exit status 77: ajv is not
// installed (npm ci). With --time only the processor's milliseconds for reading and checking each file, for the bench.
import { readFileSync } from "node:fs";

let Ajv, formats;
try {
  Ajv = (await import("ajv")).default;
  formats = (await import("ajv-formats")).default;
} catch {
  console.log("skipped: ajv is not installed (npm ci)");
  process.exit(77);
}
const args = process.argv.slice(2);
const timed = args[0] === "--time" && args.shift();
const [schema, ...files] = args;
const ajv = new Ajv({ strict: false, unicodeRegExp: true, allErrors: !timed });
formats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schema, "utf8")));
let failed = 0;
for (const file of files) {
  const begun = process.cpuUsage();
  const ok = validate(JSON.parse(readFileSync(file, "utf8")));
  const used = process.cpuUsage(begun);
  if (timed) console.log(Math.round((used.user + used.system) / 1000));
  if (ok) continue;
  failed++;
  const first = validate.errors.find((e) => !["oneOf", "anyOf"].includes(e.keyword) && !/^\/[^/]*$/.test(e.instancePath)) ?? validate.errors[0];
  console.log(`${file}: ${first.instancePath} ${first.message} ${JSON.stringify(first.params)}`);
}
if (!timed) console.log(`${files.length - failed} valid, ${failed} not`);
process.exit(failed ? 1 : 0);
