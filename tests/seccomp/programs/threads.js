// SPDX-License-Identifier: GPL-2.0-or-later
const { Worker } = require("worker_threads");
const { spawnSync } = require("child_process");

const worker = new Worker("require('worker_threads').parentPort.postMessage(7)", { eval: true });
worker.on("message", (value) => {
	if (value !== 7 || spawnSync("true").status !== 0)
		process.exit(1);
	console.log("ok");
});
