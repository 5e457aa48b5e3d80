"""The packages that hold the modules which programs with torch import."""

from __future__ import annotations

import sys

THERE = frozenset(("torch", "numpy", *sys.stdlib_module_names))
"""Modules that every snippet may import without saying so."""

_OF = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
    "pycocotools": "pycocotools",
    "pytorch_lightning": "pytorch-lightning",
    "lightning": "lightning",
    "tensorboardX": "tensorboardX",
    "apex": "",
    "tensorrt": "tensorrt",
    "horovod": "horovod",
    "faiss": "faiss-cpu",
    "bs4": "beautifulsoup4",
    "google": "protobuf",
    "segmentation_models_pytorch": "segmentation-models-pytorch",
    "torch_geometric": "torch-geometric",
    "efficientnet_pytorch": "efficientnet-pytorch",
}
"""Modules whose package has another name; an empty one stands for what pip cannot install."""

_NAMES = (
    "accelerate albumentations bitsandbytes captum catalyst datasets deepspeed diffusers einops evaluate "
    "fastai fvcore gensim gym gymnasium h5py huggingface_hub imageio imgaug ipywidgets jieba joblib "
    "kornia lmdb matplotlib mlflow mmcv monai moviepy nltk numba onnx onnxruntime onnxscript openai "
    "opt_einsum optuna packaging pandas peft plotly psutil pyarrow pycuda pynvml ray requests sacrebleu "
    "safetensors scipy seaborn sentence_transformers sentencepiece spacy statsmodels tensorboard "
    "tensorflow thop timm tokenizers torchaudio torchinfo torchmetrics torchsummary torchtext torchvision "
    "torchviz tqdm transformers triton trl visdom wandb xformers "
)
_SAME = frozenset(_NAMES.split())
"""Modules whose package is called like them."""


def package_of(module: str) -> str | None:
    """The package to install for the module that an import names; empty if pip cannot install it, None if
    it is unknown here: it may be a file of the reader's own."""
    root = module.partition(".")[0]
    if root in _SAME:
        return root.replace("_", "-")
    return _OF.get(root)
