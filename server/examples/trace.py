"""Traces a text and decodes a tensor. Needs `pip install websockets`. Usage: trace.py URL TOKEN_FILE TEXT"""
import base64, json, struct, sys
from websockets.sync.client import connect

url, token_file, text = sys.argv[1:]
with connect(url, additional_headers={"Authorization": f"Bearer {open(token_file).read().strip()}"}, max_size=None) as line:
    def ask(method, **params):
        line.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
        answer = json.loads(line.recv())
        return answer["result"] if "result" in answer else sys.exit(answer["error"]["message"])

    ask("initialize", protocolVersion=1, client={"name": "trace.py"})
    run = ask("sonde/trace/features", text=text, k=1)["runs"][0]
    for token, traced in zip(run["tokens"], run["dictionaries"][0]["tokens"]):
        print(repr(token["text"]), *((f["index"], round(f["activation"], 2), f["label"]) for f in traced["features"]))
    tensor = ask("sonde/trace/activations", text=text, hooks=["hook_embed"])["tensors"]["hook_embed"]
    raw = base64.b64decode(tensor["data"])
    print("hook_embed", tensor["shape"], struct.unpack(f"<{len(raw) // 4}f", raw)[:4])
