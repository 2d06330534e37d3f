// Solves request.json: node optimize.js ADDRESS TOKEN PROTO_FOLDER...
// The folders are this repository's proto/ and one that holds google/api (any copy of the googleapis protos).
"use strict";

const fs = require("node:fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, token, ...includeDirs] = process.argv.slice(2);
const definition = loader.loadSync("dom_engine/v1/optimizer.proto", {
  includeDirs,
  keepCase: true, // names as in the protos
  longs: String, // 64 bits are more than a number holds
  enums: String,
});
const { OptimizerService } = grpc.loadPackageDefinition(definition).dom_engine.v1;
const service = new OptimizerService(address, grpc.credentials.createInsecure());

const metadata = new grpc.Metadata();
metadata.set("authorization", `Bearer ${token}`);
const request = JSON.parse(fs.readFileSync("request.json", "utf8"));

service.Optimize(request, metadata, { deadline: Date.now() + 30_000 }, (error, answer) => {
  service.close();
  if (error) {
    console.error(`${grpc.status[error.code]}: ${error.details}`);
    process.exitCode = 1;
    return;
  }
  const shipments = answer.plan.shipments.map(({ order, node, total_micros }) => ({ order, node, total_micros }));
  console.log(JSON.stringify({ status: answer.summary.status, shipments }, null, 2));
});
