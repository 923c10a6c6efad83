"""The written cases (corpus/*.yaml) and the recorded ones (recorded.jsonl)."""

import json
import pathlib

import yaml

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE / 'recorded.jsonl'


def written():
    """All cases of the corpus, by name."""
    cases = {}
    for path in sorted((HERE / 'corpus').glob('*.yaml')):
        for case in yaml.safe_load(path.read_text()):
            case['name'] = f"{path.stem}.{case['name']}"
            assert case['name'] not in cases, f"{case['name']} is there twice"
            cases[case['name']] = case
    return cases


def recorded():
    """All recorded cases with what came of them, by name."""
    if not RECORDED.exists():
        return {}
    lines = map(json.loads, RECORDED.read_text().splitlines())
    return {case['name']: case for case in lines}


def store(cases):
    """Writes recorded cases, one a line, sorted by name."""
    lines = [json.dumps(cases[name], ensure_ascii=False) for name in sorted(cases)]
    RECORDED.write_text('\n'.join(lines) + '\n')
