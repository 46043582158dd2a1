const ck_table TABLE = {
    .widen = widen_range, .narrow = narrow_range, .fill = fill_range, .add = add_range, .multiply = multiply_range,
    .axpy = axpy_range, .scale = scale_range, .sum_of_squares = sum_of_squares_range, .add_row = add_row_range,
    .column_sums = column_sums_range, .dropout = dropout_range, .adamw = adamw_range, .gather = gather_range,
    .scatter_add = scatter_add_range, .rms_norm = rms_norm_range, .rms_norm_backward = rms_norm_backward_range,
    .rms_norm_backward_scale = rms_norm_backward_scale_range, .rope = rope_range, .swiglu = swiglu_range,
    .swiglu_backward = swiglu_backward_range, .cross_entropy = cross_entropy_range, .gemv = gemv_range,
    .attention_block = attention_block_range, .attention_decode = attention_decode_range,
    .attention_backward_head = attention_backward_head_range, .attention_transpose = attention_transpose_range,
    .attention_delta = attention_delta_range, .attention_reduce = attention_reduce_range,
};
