// Old syntax on purpose: this file must run on the Node that is too old, to say so in a sentence.
var major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "Flyball needs Node 24 or newer; this is Node " +
      process.versions.node +
      ".\nIn this repository `npm ci` brings Node 24 as an optional dependency and npm scripts run on it;" +
      "\n`--ignore-scripts` and `--omit=optional` leave it out. Run `npm ci` without them, or install Node 24.\n",
  );
  process.exit(1);
}
