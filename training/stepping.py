"""What a training steps with: batches, optimiser, schedule, and the state of all that is random."""

from collections.abc import Sequence

import torch
from accelerate import Accelerator
from accelerate.data_loader import prepare_data_loader
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn
from torch.utils.data import DataLoader

from qa_model.torch_backend import has_bf16
from training.batches import CourseBatches
from training.examples import Example


def accelerator_for(device: torch.device, accumulate: int) -> Accelerator:
    """Return an accelerator; bfloat16 where the device has it."""
    # Such as BERT's own pooler is trained by nothing. A second reading in a step must not write to what the first used.
    wrapping = DistributedDataParallelKwargs(find_unused_parameters=True, broadcast_buffers=False)
    return Accelerator(
        cpu=device.type == "cpu",
        mixed_precision="bf16" if has_bf16(device) else "no",
        gradient_accumulation_steps=accumulate,
        kwargs_handlers=[wrapping],
    )


def loader_of(examples: Sequence[Example], batches: CourseBatches) -> DataLoader[Example]:
    """Return what loads whole batches in every process; each reads its part of a batch (see Team)."""
    loader: DataLoader[Example] = DataLoader(
        examples,  # type: ignore[arg-type]  # a sequence is a map-style dataset
        batch_sampler=batches,
        collate_fn=list,
        generator=torch.Generator(),  # its own, so that loading draws nothing from what dropout draws from
    )
    whole: DataLoader[Example] = prepare_data_loader(loader, num_processes=1, process_index=0)
    return whole


def optimizer_of(groups: Sequence[tuple[nn.Module, float]], weight_decay: float) -> torch.optim.Optimizer:
    """Return AdamW over the weights that are trained, each module's at its own rate."""
    told = [{"params": [w for w in module.parameters() if w.requires_grad], "lr": lr} for module, lr in groups]
    return torch.optim.AdamW(told, weight_decay=weight_decay, fused=True)


def schedule_of(optimizer: torch.optim.Optimizer, steps: int, warm_up: float) -> torch.optim.lr_scheduler.LambdaLR:
    """Return a linear warm-up over a share of the steps, and a linear decay to nothing over the others."""
    rising = max(1, round(steps * warm_up))

    def slope(step: int) -> float:
        return min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, slope)


def random_states(device: torch.device) -> list[Tensor]:
    """Return the states of the generators that dropout draws from."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def set_random_states(states: Sequence[Tensor]) -> None:
    """Put back what `random_states` gave."""
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1])
