// Installs Unleash's server and PostgreSQL for the tests, on a machine where `npm test` changes nothing by itself.
import { installUnleash } from "./installed.ts";

installUnleash((line) => void process.stdout.write(`${line}\n`));
